"""Exact search: every query is compared with every video, block by block, and the videos that score best are kept.

Never more than a block of query-by-video-by-clip scores is in memory. The sizes of the blocks are constants, since the
composition of a batch moves the last bits of a score. Test: tests/retrieval/test_search.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.corpus.clip_times import ClipTimes
from pipeline.models.common.interface import NO_MOMENT, RetrievalModel

VIDEO_BLOCK = 256
QUERY_BLOCK = 512
LOCALIZED_AT_ONCE = 512
"""For how many pairs of a query and a video the model may gather vectors of the videos at a time."""


class Retrieved(NamedTuple):
    """The videos retrieved for Q queries, K for each, all tensors on the CPU.

    video: (Q, K) int64 positions in the index, best first where they come from a search; score: (Q, K); moment: (Q, K)
    int64 number of the moment that the model names within the video, NO_MOMENT where the model learns none; span and
    place: (Q, K, 2) start and end of what the model names within the video, and of the run of clips that was scored,
    both as shares of the axis of clips in [0, 1].
    """

    video: Tensor
    score: Tensor
    moment: Tensor
    span: Tensor
    place: Tensor

    @classmethod
    def join(cls, parts: Sequence["Retrieved"]) -> "Retrieved":
        """What was retrieved for several blocks of queries, one after the other."""
        return cls(*(torch.cat(fields) for fields in zip(*parts, strict=True)))

    def seconds(self, times: ClipTimes) -> Tensor:
        """Start and end (Q, K, 2) float64 in seconds of what the model names: its moment, or the run of clips.

        times: of the videos of the index.
        """
        video, moment = self.video.flatten(), self.moment.flatten()
        learned = times.of_shares(video, self.span.flatten(0, 1))
        whole_clips = times.of_runs(video, self.place.flatten(0, 1))
        return torch.where((moment == NO_MOMENT)[:, None], whole_clips, learned).view_as(self.span)


@dataclass(frozen=True)
class Comparison:
    """A block of Q queries compared with all V videos of an index, on the device of the model.

    vectors: the model's index of the V videos; query: (Q, d) encoded; score: (Q, V); position: (Q, V) int64 where each
    score was reached, known of the videos that can be retrieved and 0 for the others.
    """

    model: RetrievalModel
    vectors: NamedTuple
    query: Tensor
    score: Tensor
    position: Tensor

    @torch.inference_mode()
    def retrieve(self, video: Tensor) -> Retrieved:
        """What the model names within the videos (Q, K) for their query."""
        position, kept = self.position.gather(1, video).flatten(), video.shape[1]
        found = []
        for pairs in torch.arange(video.numel(), device=video.device).split(LOCALIZED_AT_ONCE):
            query = self.query[torch.div(pairs, kept, rounding_mode="floor")]
            found.append(self.model.localize(query, self.vectors, video.flatten()[pairs], position[pairs]))
        moment, span = (torch.cat(parts) for parts in zip(*found, strict=True))
        places = (shares.view(*video.shape, 2).cpu() for shares in (span, self.model.place(position)))
        return Retrieved(video.cpu(), self.score.gather(1, video).cpu(), moment.view_as(video).cpu(), *places)


def blocks_of(vectors: NamedTuple) -> Iterator[NamedTuple]:
    """The model's index of V videos in blocks of VIDEO_BLOCK of them, which share its memory."""
    for fields in zip(*(field.split(VIDEO_BLOCK) for field in vectors), strict=True):
        yield type(vectors)(*fields)


def scores(model: RetrievalModel, vectors: NamedTuple, query: Tensor) -> Tensor:
    """The scores (Q, V) of encoded queries (Q, d) and all videos. Raises PipelineError for scores that are NaN."""
    return refuse_nan(torch.cat([model.score(query, block).score for block in blocks_of(vectors)], dim=1))


def compare(model: RetrievalModel, vectors: NamedTuple, query: Tensor, k: int, named: Tensor) -> Comparison:
    """Compare encoded queries (Q, d) with all videos. Raises PipelineError for scores that are NaN.

    The k best videos can be retrieved afterwards, and the `named` ones (Q, M), any number of positions for each query.
    """
    found, positions, first = [], [], 0
    for block in blocks_of(vectors):
        score = (scored := model.score(query, block)).score
        inside = (named - first).clamp(0, score.shape[1] - 1)  # of another block: any, it does no harm
        chosen = torch.cat([_best(score, k), inside], dim=1)
        positions.append(torch.zeros_like(score, dtype=torch.int64).scatter_(1, chosen, scored.position(chosen)))
        found.append(score)
        first += score.shape[1]
    return Comparison(model, vectors, query, refuse_nan(torch.cat(found, dim=1)), torch.cat(positions, dim=1))


def best_first(score: Tensor, kept: int) -> Tensor:
    """The columns (Q, min(kept, V)) of the largest scores (Q, V), the largest first, equal ones in their order."""
    best = _best(score, kept).sort(dim=1).values
    return best.gather(1, score.gather(1, best).sort(dim=1, descending=True, stable=True).indices)


def _best(score: Tensor, kept: int) -> Tensor:
    """The columns of `best_first` in any order."""
    kept = min(kept, score.shape[1])
    values, best = score.topk(kept)
    # Of equal scores at the edge, topk takes any.
    tied = ((score >= values[:, -1:]).sum(dim=1) > kept).nonzero()[:, 0]
    best[tied] = score[tied].sort(dim=1, descending=True, stable=True).indices[:, :kept]
    return best


def refuse_nan(score: Tensor) -> Tensor:
    """The scores as they are. Raises PipelineError where one is not a number."""
    if torch.isnan(score).any():
        raise PipelineError(
            "a score is not a number: the model diverged",
            fix="lower the recipe's learning_rate, or look for features that are not finite",
        )
    return score
