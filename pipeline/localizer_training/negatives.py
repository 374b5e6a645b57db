"""Finds the videos that a localizer must tell a query's true video from: those that the retriever ranks best.

The trained retriever ranks the training videos for the training queries, and the true video is left out.
Test: tests/localizer_training/test_negatives.py.
"""

import torch
from torch import Tensor

from pipeline.corpus.corpus import Corpus
from pipeline.retrieval.index import Index


def negatives(index: Index, corpus: Corpus, count: int) -> Tensor:
    """List for each query the best min(count, V - 1) videos that are not its own -> (Q, that many) int64.

    index: that of the V videos of the corpus. The videos are positions in the corpus, the best first.
    """
    found = []
    for tokens, mask, own in zip(
        *(rows.split(BLOCK) for rows in (corpus.query, corpus.query_mask, corpus.labels)), strict=True
    ):
        ranked = index.search(tokens, mask, count + 1).video
        is_own = ranked == own[:, None]
        # One video too many was retrieved: where the own one is not among them, the last one goes.
        is_own[:, -1] |= ~is_own.any(dim=1)
        found.append(ranked[~is_own].view(len(ranked), -1))
    return torch.cat(found)


BLOCK = 4096
"""How many queries are searched for at a time; what a search says of each retrieved video is dropped after each."""
