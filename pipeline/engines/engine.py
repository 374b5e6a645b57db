"""What an engine is: it names candidates for a query, so that a large index need not be compared whole.

Candidates are compared exactly, by the model's own `score`. What an engine loses are videos that it does not name.
Test: tests/engines/test_engine.py.
"""

from typing import Protocol

import torch
from torch import Tensor

from pipeline.retrieval.index import Index
from pipeline.retrieval.search import Retrieved, best_first, compare


class Engine(Protocol):
    """An approximate index of the V videos of an Index."""

    @property
    def says(self) -> str:
        """Say in a sentence what the engine is, and how much it loses."""
        ...

    def candidates(self, query: Tensor, k: int, among: Tensor | None = None) -> list[Tensor]:
        """Name the candidates for the k best videos for each of Q queries, encoded by the model (Q, ...).

        among: (V,) bool, the videos that are looked for, all without it. Returns for each query the positions of its
        candidates in the index, (C,) int64 on the CPU, ascending, at least as many as k and `among` let there be.
        """
        ...


@torch.inference_mode()
def search(index: Index, engine: Engine, query: Tensor, k: int, among: Tensor | None = None) -> Retrieved:
    """Find the k best videos, of the engine's candidates, for each of Q encoded queries (Q, ...).

    among: as `Engine.candidates` takes it. Scores and answers equal those of `Index.search` but for the last bits of
    float32, which depend on the videos that are compared together. Raises PipelineError for scores that are NaN.
    """
    found = []
    for one, rows in zip(query.split(1), engine.candidates(query, k, among), strict=True):
        named = torch.empty(1, 0, dtype=torch.int64, device=query.device)
        compared = compare(index.model, index.among(rows).vectors, one, k, named)
        retrieved = compared.retrieve(best_first(compared.score, k))
        found.append(retrieved._replace(video=rows[retrieved.video]))
    return Retrieved.join(found)
