"""The engine `faiss`: an inverted file of the library faiss over the search vectors of all videos.

The vectors are put into partitions around centres, each number of a vector in one byte. A query looks into the
partitions with the nearest centres; how many was measured when the engine was built. A search maps the file into
memory, and reads from the disk what it looks into. Equal indexes give equal bytes.

It needs the optional package `faiss-cpu`. Test: tests/engines/test_faiss_engine.py.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_path
from pipeline.engines.recall import BEST, exact_best, recall, sample_queries
from pipeline.models.common.interface import RetrievalModel
from pipeline.retrieval.index import Index
from pipeline.retrieval.search import blocks_of

LEARNED_FROM = 64
"""How many vectors a partition the centres are computed from."""
ENOUGH, LITTLE = 0.99, 0.002
"""The share of what exact search finds for which more partitions are looked into, and what is not worth more of them.

A model whose scores are not quite the inner products of its search vectors may not reach it.
"""
CANDIDATES, CLIPS = 10, 4
"""How many candidates for each video that is wanted, and how many vectors are looked for to find each of them."""


@dataclass(frozen=True)
class FaissEngine:
    """See Engine.

    file: the index of faiss, which has the number of its video for each vector. videos: how many there are. probes: how
    many partitions a query looks into. recall: the share of the ten best videos that was found when it was built, and
    samples: for how many queries.
    """

    model: RetrievalModel
    file: Any
    videos: int
    probes: int
    recall: float
    samples: int

    @property
    def says(self) -> str:
        """See Engine."""
        looked = f"{self.file.ntotal:,} vectors, {self.probes} of {self.file.nlist} partitions looked into"
        found = f"finds {100 * self.recall:.1f} % of the {BEST} best videos of exact search"
        return f"faiss, approximate: {looked}; {found}, measured with {self.samples} sample queries"

    @torch.inference_mode()
    def candidates(self, query: Tensor, k: int, among: Tensor | None = None) -> list[Tensor]:
        """See Engine. Where few videos are looked for, all of them are candidates."""
        there = self.videos if among is None else int(among.sum())
        wanted = CANDIDATES * k
        if there <= wanted:
            every = torch.arange(self.videos) if among is None else among.cpu().nonzero()[:, 0]
            return [every] * len(query)
        options, probes = {}, self.probes
        if among is not None:
            options = {"sel": _faiss().IDSelectorBitmap(np.packbits(among.cpu().numpy(), bitorder="little"))}
            # The nearest partitions hold fewer vectors that count, and all of these may be farther away.
            probes = math.ceil(4 * self.probes * self.videos / there)
        vectors = self.model.search_query(query).float().cpu().contiguous().numpy()
        return [torch.from_numpy(self._videos_near(vector[None], k, wanted, probes, options)) for vector in vectors]

    def _videos_near(self, vector: Any, k: int, wanted: int, probes: int, options: dict[str, Any]) -> Any:
        """Find at least k and at most `wanted` videos near a vector (1, e): numbers (C,) int64, ascending."""
        count, parameters = CLIPS * wanted, _faiss().SearchParametersIVF
        while True:
            probes, count = min(probes, self.file.nlist), min(count, self.file.ntotal)
            found = self.file.search(vector, count, params=parameters(nprobe=probes, **options))[1][0]
            found = found[found >= 0]
            videos, first = np.unique(found, return_index=True)
            if len(videos) >= k or (probes == self.file.nlist and count == self.file.ntotal):
                return np.sort(videos[np.argsort(first)[:wanted]])
            # Either few videos hold all that was found, or no more is in these partitions.
            probes, count = (probes, 4 * count) if len(found) == count else (2 * probes, count)


def build(path: Path, index: Index) -> FaissEngine:
    """Write the engine's file of an index, and measure how many partitions a query must look into.

    Raises PipelineError where faiss is not installed.
    """
    _write(path, index)
    return _measured(open_file(path, index, probes=1, recall=0.0, samples=0), index)


def _write(path: Path, index: Index) -> None:
    """Write the file. The memory that this takes, more than that of the file, is free again afterwards."""
    faiss = _faiss()
    faiss.omp_set_num_threads(1)  # the sums of more threads are rounded otherwise
    total = sum(len(vectors) for _, vectors in _rows(index))
    partitions = max(1, round(math.sqrt(total)))
    stride = max(1, total // (LEARNED_FROM * partitions))
    # Copies, since a view would keep all vectors of its block in memory.
    learned_from = np.concatenate([vectors[::stride].copy() for _, vectors in _rows(index)])
    file = faiss.index_factory(learned_from.shape[1], f"IVF{partitions},SQ8", faiss.METRIC_INNER_PRODUCT)
    file.cp.min_points_per_centroid = 1  # a small index is no reason for a warning
    file.train(learned_from)
    for videos, vectors in _rows(index):
        file.add_with_ids(vectors, videos)
    with atomic_path(path) as temporary:
        faiss.write_index(file, str(temporary))


def open_file(path: Path, index: Index, probes: int, recall: float, samples: int) -> FaissEngine:
    """Open a file that `build` wrote for this index; see FaissEngine."""
    faiss = _faiss()
    file = faiss.read_index(str(path), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)
    # Threads that read ahead, by default 32 a query, take longer than the query.
    faiss.downcast_InvertedLists(file.invlists).prefetch_nthread = 0
    return FaissEngine(index.model, file, len(index.video_ids), probes, recall, samples)


def _measured(engine: FaissEngine, index: Index) -> FaissEngine:
    """Double the number of partitions that are looked into until the engine finds enough, or no more."""
    queries, measured = sample_queries(index), []
    best = exact_best(index, queries)
    while True:
        found = recall(index, engine, queries, best)
        measured.append(replace(engine, recall=round(found, 4), samples=len(queries)))
        if found >= ENOUGH:
            return measured[-1]
        if engine.probes == engine.file.nlist:
            return next(one for one in measured if one.recall >= measured[-1].recall - LITTLE)
        engine = replace(engine, probes=min(2 * engine.probes, engine.file.nlist))


@torch.inference_mode()
def _rows(index: Index) -> Iterator[tuple[Any, Any]]:
    """Yield the search vectors (R, e) of a block of videos, and the number of each one's video (R,) int64.

    Vectors of zeros, which stand for none, are left out, and those that equal the one before in the same video, as the
    clips of a short video may.
    """
    first = 0
    for block in blocks_of(index.vectors):
        vectors = index.model.search_vectors(block).float().cpu()
        kept = vectors.any(dim=-1)
        kept[:, 1:] &= (vectors[:, 1:] != vectors[:, :-1]).any(dim=-1)
        numbers = torch.arange(first, first + len(vectors))[:, None].expand(kept.shape)
        yield numbers[kept].numpy(), vectors[kept].numpy()
        first += len(vectors)


def _faiss() -> ModuleType:
    try:
        import faiss
    except ImportError:
        raise PipelineError(
            "the engine `faiss` needs the package faiss-cpu, which is not installed",
            where="index.engine",
            fix="`pip install -r requirements-faiss.txt`, or `index.engine: exact` and `dvc repro`",
        ) from None
    return faiss
