"""The best spans of a video by the logits of their first and last clips. Test: tests/localizers/test_spans.py."""

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.retrieval.search import best_first


class ClipSpans(NamedTuple):
    """S spans of clips in each of P videos, the best first.

    clips: (P, S, 2) int64, first and last clip. score: (P, S), -inf after a video's last span.
    """

    clips: Tensor
    score: Tensor


def best_spans(
    start: Tensor, end: Tensor, mask: Tensor, shortest: int, longest: int, most: int, overlap: float | None = None
) -> ClipSpans:
    """Find the spans with the largest sums of start and end: at most `most`, each of `shortest` to `longest` clips.

    start, end: (P, L), of the first and of the last clip. mask: (P, L) bool, true at the clips of a video, false at the
    padding after them. overlap: where it is given, the spans are those with the largest `expected_overlap` of this
    sharpness instead. Equal spans keep the order of their first clips, then of their lengths.
    """
    scores = _sums(start, end, mask, shortest, longest)
    if overlap is not None:
        scores = expected_overlap(scores, shortest, overlap)
    width = scores.shape[2]
    scores = scores.flatten(1)
    place = best_first(scores, most)
    first = torch.div(place, width, rounding_mode="floor")
    clips = torch.stack([first, first + place % width + shortest - 1], dim=-1)
    return ClipSpans(clips, scores.gather(1, place))


def _sums(start: Tensor, end: Tensor, mask: Tensor, shortest: int, longest: int) -> Tensor:
    """Add start and end (P, L) for all spans -> (P, L, W), by first clip and length; -inf where there is none."""
    clips = start.shape[1]
    longest = max(shortest, min(longest, clips))
    lowest = end.new_full((), -torch.inf)
    ends = torch.where(mask, end, lowest)
    # The end of a span of w clips that begins at clip i is ends[i + w - 1].
    padded = torch.cat([ends, lowest.expand(len(ends), longest)], dim=1)
    return start[:, :, None] + padded[:, shortest - 1 : clips + longest - 1].unfold(1, longest - shortest + 1, 1)


def expected_overlap(scores: Tensor, shortest: int, sharpness: float) -> Tensor:
    """Compute log(sum_j exp(c score_j) IoU(i, j)) / c, c = `sharpness`, for each span i from the scores of all spans j.

    It is the IoU with the moment that is to be expected of a span, if exp(c score) is how likely each span is the
    moment: its logarithm, and beside it one number a video, how likely any span is, so that it can be compared between
    videos as the scores can. The span with the largest score lies between the most likely start and the most likely
    end, and may have little overlap with the other likely ones; for a large c it is the best one here too.

    scores: (P, L, W) of the spans of P videos, by first clip and by length, of which the first is `shortest`; -inf
    where there is no span, and so is the result. A table of all pairs of spans is kept, 0.3 GB for 128 clips.
    """
    there, overlaps = _overlaps(*scores.shape[1:], shortest)
    flat = sharpness * scores.flatten(1)[:, there]
    largest = flat.amax(dim=1, keepdim=True)
    expected = (((flat - largest).exp() @ overlaps.to(flat)).log() + largest) / sharpness
    result = torch.full_like(scores.flatten(1), -torch.inf)
    result[:, there] = expected.masked_fill(flat.isneginf(), -torch.inf)
    return result.view_as(scores)


@lru_cache(maxsize=2)
def _overlaps(clips: int, lengths: int, shortest: int) -> tuple[Tensor, Tensor]:
    """Find which of the spans in the order of `_sums` end within the clips, (S,) int64, and their IoU, (S, S)."""
    first = torch.arange(clips, dtype=torch.float32).repeat_interleave(lengths)
    after = first + torch.arange(shortest, shortest + lengths).repeat(clips)
    there = (after <= clips).nonzero()[:, 0]
    first, after = first[there], after[there]
    shared = torch.minimum(after[:, None], after).sub_(torch.maximum(first[:, None], first)).clamp_(min=0)
    return there, shared.div_(torch.maximum(after[:, None], after).sub_(torch.minimum(first[:, None], first)))
