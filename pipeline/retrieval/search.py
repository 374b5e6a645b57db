"""Exact search: every query is compared with every video, block by block, and the videos that score best are kept.

The scores of queries for single clips are in memory for one block of queries and videos at a time. The sizes of the
blocks are constants, because the last bits of a score depend on what else is in its batch.
Test: tests/retrieval/test_search.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.corpus.clip_times import ClipTimes
from pipeline.models.common.interface import NO_MOMENT, RetrievalModel, Scores

VIDEO_BLOCK = 256
QUERY_BLOCK = 512
FEW_QUERIES, BLOCKS_OF_FEW = 8, 4
"""For how many queries a block of videos is larger, so that it takes longer than starting with it, and how many times.

No model's scores were seen to change by it, to the bit.
"""
KEPT_AT_ONCE = 1 << 21
"""How many similarities of queries with places are kept until the best videos among them are looked for."""
LOCALIZED_AT_ONCE = 512
"""How many pairs of a query and a video the model localizes at a time; it gathers the vectors of each pair's video."""


class Retrieved(NamedTuple):
    """The videos retrieved for Q queries, K for each; all tensors are on the CPU.

    video: (Q, K) int64, positions in the index, the best first where they come from a search. score: (Q, K).
    position: (Q, K) int64, the place in the video that gave the score, see Scores.position.
    moment: (Q, K) int64, the number of the moment that the model answers with, NO_MOMENT where it learns no moments.
    span: (Q, K, 2) start and end of the answer within the video. place: (Q, K, 2) start and end of the stretch of clips
    whose score is the video's. Both are shares of the axis of clips in [0, 1].
    """

    video: Tensor
    score: Tensor
    position: Tensor
    moment: Tensor
    span: Tensor
    place: Tensor

    @classmethod
    def join(cls, parts: Sequence["Retrieved"]) -> "Retrieved":
        """Concatenate what was retrieved for several blocks of queries."""
        return cls(*(torch.cat(fields) for fields in zip(*parts, strict=True)))

    def seconds(self, times: ClipTimes) -> Tensor:
        """Convert the answers into seconds: start and end (Q, K, 2), float64.

        An answer is the moment that the model names, or a stretch of clips where the model learns no moments.
        times: when the clips of the videos of the index are.
        """
        video, moment = self.video.flatten(), self.moment.flatten()
        is_stretch, span = (moment == NO_MOMENT)[:, None], self.span.flatten(0, 1)
        whole_clips = times.of_stretches(video, torch.where(is_stretch, span, self.place.flatten(0, 1)))
        return torch.where(is_stretch, whole_clips, times.of_shares(video, span)).view_as(self.span)


@dataclass(frozen=True)
class Comparison:
    """The scores of a block of Q queries for all V videos of an index, on the device of the model.

    vectors: what `model.index` returned for the V videos. query: (Q, d) the encoded queries. score: (Q, V), the higher
    the better. position: (Q, V) int64, the place in the video that gave each score (see Scores.position); it is filled
    in for the videos that can be retrieved, and 0 for the others.
    """

    model: RetrievalModel
    vectors: NamedTuple
    query: Tensor
    score: Tensor
    position: Tensor

    @torch.inference_mode()
    def retrieve(self, video: Tensor) -> Retrieved:
        """Retrieve the videos (Q, K) int64 for the Q queries, with the model's answer within each.

        Every video must be one of those that `compare` was asked for: the k best ones, or a named one.
        """
        position, kept = self.position.gather(1, video).flatten(), video.shape[1]
        found = []
        for pairs in torch.arange(video.numel(), device=video.device).split(LOCALIZED_AT_ONCE):
            query = self.query[torch.div(pairs, kept, rounding_mode="floor")]
            found.append(self.model.localize(query, self.vectors, video.flatten()[pairs], position[pairs]))
        moment, span = (torch.cat(parts) for parts in zip(*found, strict=True))
        of_pairs = (position.view_as(video), moment.view_as(video))
        shares = (share.view(*video.shape, 2) for share in (span, self.model.place(position)))
        return Retrieved(*(field.cpu() for field in (video, self.score.gather(1, video), *of_pairs, *shares)))


def blocks_of(vectors: NamedTuple, videos: int | None = None) -> Iterator[NamedTuple]:
    """Split what `model.index` returned for V videos into blocks, views of the same memory.

    videos: how many there are in a block, VIDEO_BLOCK without it.
    """
    for fields in zip(*(field.split(videos or VIDEO_BLOCK) for field in vectors), strict=True):
        yield type(vectors)(*fields)


def _scored(model: RetrievalModel, vectors: NamedTuple, query: Tensor) -> Iterator[Scores]:
    """Score all videos for encoded queries, block by block."""
    size = BLOCKS_OF_FEW * VIDEO_BLOCK if len(query) <= FEW_QUERIES else VIDEO_BLOCK
    for block in blocks_of(vectors, size):
        yield model.score(query, block)


def scores(model: RetrievalModel, vectors: NamedTuple, query: Tensor) -> Tensor:
    """Score all videos for encoded queries (Q, d): (Q, V). Raises PipelineError for scores that are NaN."""
    return refuse_nan(torch.cat([scored.score for scored in _scored(model, vectors, query)], dim=1))


def compare(model: RetrievalModel, vectors: NamedTuple, query: Tensor, k: int, named: Tensor) -> Comparison:
    """Compare encoded queries (Q, d) with all V videos, so that some videos can be retrieved for each query.

    These are the k best ones, and those that `named` lists: (Q, M) int64 positions, the same number for each query.
    vectors: what `model.index` returned for the videos. Raises PipelineError for scores that are NaN.
    """
    found, positions, first = [], [], 0
    for scored in _several_blocks(model, vectors, query):
        score = scored.score
        inside = (named - first).clamp(0, score.shape[1] - 1)  # of other blocks: any, it does no harm
        chosen = torch.cat([_best(score, k), inside], dim=1)
        positions.append(torch.zeros_like(score, dtype=torch.int64).scatter_(1, chosen, scored.position(chosen)))
        found.append(score)
        first += score.shape[1]
    return Comparison(model, vectors, query, refuse_nan(torch.cat(found, dim=1)), torch.cat(positions, dim=1))


def _several_blocks(model: RetrievalModel, vectors: NamedTuple, query: Tensor) -> Iterator[Scores]:
    """Score all videos for encoded queries, and yield the scores of as many blocks as KEPT_AT_ONCE lets be kept.

    To look for the best videos block by block would take a seventh of the time of a single query.
    """
    held: list[Scores] = []
    for scored in _scored(model, vectors, query):
        held.append(scored)
        if len(held) * held[0].similarity.numel() >= KEPT_AT_ONCE:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def _joined(parts: list[Scores]) -> Scores:
    """Put the scores of several blocks of videos together; those of a single block are not copied."""
    return parts[0] if len(parts) == 1 else Scores(*(torch.cat(fields, dim=1) for fields in zip(*parts, strict=True)))


def best_first(score: Tensor, kept: int) -> Tensor:
    """Find the columns (Q, min(kept, V)) of the largest scores (Q, V), the largest first, equal ones in their order."""
    best = _best(score, kept).sort(dim=1).values
    return best.gather(1, score.gather(1, best).sort(dim=1, descending=True, stable=True).indices)


def _best(score: Tensor, kept: int) -> Tensor:
    """Find the columns that `best_first` finds, in any order."""
    kept = min(kept, score.shape[1])
    values, best = score.topk(kept)
    # Of equal scores at the edge, topk takes any.
    tied = ((score >= values[:, -1:]).sum(dim=1) > kept).nonzero()[:, 0]
    best[tied] = score[tied].sort(dim=1, descending=True, stable=True).indices[:, :kept]
    return best


def refuse_nan(score: Tensor) -> Tensor:
    """Return the scores unchanged. Raises PipelineError where one of them is not a number."""
    if torch.isnan(score).any():
        raise PipelineError(
            "a score is not a number: the model diverged",
            fix="lower the recipe's learning_rate, or look for features that are not finite",
        )
    return score
