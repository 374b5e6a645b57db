"""The index of a corpus: its videos, encoded once and ready for any query. Building it needs no queries and no labels.

Test: tests/retrieval/test_index.py.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.corpus.clip_times import ClipTimes
from pipeline.corpus.corpus import CorpusVideos
from pipeline.models.common.interface import RetrievalModel
from pipeline.retrieval.encoding import EncodedPart, encode
from pipeline.retrieval.search import QUERY_BLOCK, Comparison, Retrieved, best_first, compare, scores


@dataclass(frozen=True)
class Index:
    """V videos, sorted by id, as `model` encoded them.

    durations: (V,) float64, the seconds of each video that the data set uses, and times: when its clips are, both on
    the CPU; vectors: what the model's `index` returns, a NamedTuple of its own, of all V videos, on the device of the
    model.
    """

    model: RetrievalModel
    video_ids: list[str]
    durations: Tensor
    times: ClipTimes
    vectors: Any

    @classmethod
    def build(cls, model: RetrievalModel, videos: CorpusVideos, device: torch.device) -> "Index":
        """Build the index of the videos, at least one, on the device where the model is."""
        return cls.build_in_parts(model, [videos], len(videos.video_ids), device)

    @classmethod
    def build_in_parts(
        cls, model: RetrievalModel, parts: Iterable[CorpusVideos], most: int, device: torch.device
    ) -> "Index":
        """Build the index from parts of the videos, so that the features of one part at a time have to be in memory.

        most: at least as many as the videos of all parts together; the memory is allocated for so many. Raises as
        `join` does.
        """
        return cls.join(model, encode(model, parts, device), most, device)

    @classmethod
    def join(cls, model: RetrievalModel, parts: Iterable[EncodedPart], most: int, device: torch.device) -> "Index":
        """Join encoded videos, of which one part at a time has to be in memory beside the index.

        most: as for `build_in_parts`. Raises ValueError where the ids of all parts, one after the other, are not sorted
        or not unique, and PipelineError where there is no video.
        """
        ids: list[str] = []
        durations, times, vectors = [], [], None
        for part in parts:
            if vectors is None:
                empty = (field.new_empty(most, *field.shape[1:], device=device) for field in part.vectors)
                vectors = type(part.vectors)(*empty)
            for room, field in zip(vectors, part.vectors, strict=True):
                room[len(ids) : len(ids) + len(part.video_ids)] = field
            ids += part.video_ids
            durations.append(part.durations)
            times.append(part.times)
        if any(this >= following for this, following in zip(ids, ids[1:], strict=False)):
            raise ValueError("the ids of the videos are not sorted, or not unique")
        if vectors is None:
            raise PipelineError(
                "no video has features",
                where="outputs/features",
                fix="look at the failures in the .json files beside the features",
            )
        vectors = type(vectors)(*(room[: len(ids)] for room in vectors))
        return cls(model, ids, torch.cat(durations), ClipTimes(*map(torch.cat, zip(*times, strict=True))), vectors)

    @property
    def nbytes(self) -> int:
        """How many bytes the vectors of all videos take."""
        return sum(field.nbytes for field in self.vectors)

    def among(self, rows: Tensor) -> "Index":
        """Make the index of some of the videos: positions (C,) int64 on the CPU, ascending. It copies their vectors."""
        on_device = rows.to(self.vectors[0].device)
        return Index(
            self.model,
            [self.video_ids[row] for row in rows.tolist()],
            self.durations[rows],
            ClipTimes(*(field[rows] for field in self.times)),
            type(self.vectors)(*(field[on_device] for field in self.vectors)),
        )

    @torch.inference_mode()
    def search(self, query: Tensor, mask: Tensor, k: int) -> Retrieved:
        """Find the min(k, V) best videos for each of Q queries, the best first, equal scores in the order of their ids.

        query: token features (Q, T, D_q); mask: (Q, T) bool, false at padding. Raises PipelineError for scores that
        are NaN.
        """
        found = self.compare(query, mask, k)
        return Retrieved.join([block.retrieve(best_first(block.score, k)) for block in found])

    @torch.inference_mode()
    def compare(self, query: Tensor, mask: Tensor, k: int, named: Tensor | None = None) -> Iterator[Comparison]:
        """Compare queries with all videos, and yield a Comparison for each block of at most QUERY_BLOCK queries.

        query, mask: as `search` takes them. named: (Q, M) int64, positions of videos that can be retrieved for each
        query beside the k best ones.
        """
        named = torch.empty(len(query), 0, dtype=torch.int64) if named is None else named
        for encoded, block in zip(self.encode(query, mask), named.split(QUERY_BLOCK), strict=True):
            yield compare(self.model, self.vectors, encoded, k, block.to(encoded.device))

    @torch.inference_mode()
    def scores(self, query: Tensor, mask: Tensor) -> Iterator[Tensor]:
        """Yield the scores (B, V) of each block of B <= QUERY_BLOCK queries; query, mask: as `search` takes them."""
        for encoded in self.encode(query, mask):
            yield scores(self.model, self.vectors, encoded)

    @torch.inference_mode()
    def encode(self, query: Tensor, mask: Tensor) -> Iterator[Tensor]:
        """Yield the encoded queries (B, d) of each block of B <= QUERY_BLOCK queries."""
        device = self.vectors[0].device
        for tokens, of_tokens in zip(query.split(QUERY_BLOCK), mask.split(QUERY_BLOCK), strict=True):
            yield self.model.encode_query(tokens.to(device), of_tokens.to(device))
