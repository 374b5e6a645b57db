"""Runs of consecutive clips, of all lengths and all starts, and how similar a query is to each run of a video.

Test: tests/models/test_runs.py.
"""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

SMALLEST_SQUARE = 1e-12  # of the length of a sum of clips


@cache
def runs_of(clips: int) -> tuple[Tensor, Tensor]:
    """List the first clip and the number of clips of each of the R = N (N + 1) / 2 runs of N clips, two (R,) int64.

    Runs of one clip come first, so that run i < N is clip i, and the whole video comes last.
    """
    sizes = torch.arange(1, clips + 1)
    size = sizes.repeat_interleave(clips + 1 - sizes)
    start = torch.cat([torch.arange(clips + 1 - number) for number in sizes.tolist()])
    return start, size


def run_similarities(query: Tensor, clips: Tensor, counts: Tensor | None = None) -> Tensor:
    """Compute the cosine of each of K queries with the mean of the clips of each run of its video -> (K, R).

    query: (K, d). clips: (K, N, d), those of each query's video. counts: (K,) int64, how many clips of each video are
    real, the others are padding; all of them without it. A run with padding is given -inf. The sums over a run are
    differences of cumulative sums, which float64 keeps exact enough.
    """
    start, size = (numbers.to(clips.device) for numbers in runs_of(clips.shape[1]))
    end = start + size
    dots = _cumulative((clips @ F.normalize(query, dim=-1)[..., None])[..., 0], 1)
    squares = _cumulative(_cumulative(clips @ clips.mT, 1), 2)
    square = squares[:, end, end] - squares[:, start, end] - squares[:, end, start] + squares[:, start, start]
    cosine = (dots[:, end] - dots[:, start]) / square.clamp(min=SMALLEST_SQUARE).sqrt()
    if counts is not None:
        cosine = cosine.masked_fill(end > counts[:, None], -torch.inf)
    return cosine.to(clips.dtype)


def _cumulative(values: Tensor, dim: int) -> Tensor:
    """Sum the values before each index, in float64; the axis gets one index more."""
    first = torch.zeros_like(values.narrow(dim, 0, 1), dtype=torch.float64)
    return torch.cat([first, values.double().cumsum(dim)], dim=dim)


def answer_first(spans: Tensor, score: Tensor, answer: Tensor) -> tuple[Tensor, Tensor]:
    """Sort the P candidate spans (K, P, 2) of K pairs by their scores (K, P), but the answer of each pair first.

    answer: (K,) int64, which of the spans it is. It is given the largest score of its pair. Equal scores keep their
    order.
    """
    answer = answer[:, None]
    order = score.scatter(1, answer, torch.inf).sort(dim=1, descending=True, stable=True).indices
    score = score.scatter(1, answer, score.amax(dim=1, keepdim=True))
    return spans.take_along_dim(order[..., None], dim=1), score.gather(1, order)


def behind(first: tuple[Tensor, Tensor], others: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Append other candidates to the first ones of K pairs, their scores lowered so far that none is above those.

    first, others: spans (K, P, 2) and scores (K, P), the best first.
    """
    (spans, score), (more_spans, more) = first, others
    lowered = score[:, -1:] - (more[:, :1] - more)
    return torch.cat([spans, more_spans], dim=1), torch.cat([score, lowered], dim=1)
