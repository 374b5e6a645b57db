"""Negatives: the videos that the retriever ranks best, without the true one."""

from types import SimpleNamespace

import pytest
import torch

from pipeline.localizer_training import negatives as module
from pipeline.localizer_training.negatives import negatives


class Ranked:
    """An index whose ranking of the videos for each query is given by scores (Q, V)."""

    def __init__(self, scores: torch.Tensor):
        self._scores = scores
        self._next = 0

    def search(self, query: torch.Tensor, mask: torch.Tensor, k: int) -> SimpleNamespace:
        block = self._scores[self._next : self._next + len(query)]
        self._next += len(query)
        return SimpleNamespace(video=block.sort(dim=1, descending=True, stable=True).indices[:, :k])


@pytest.mark.parametrize("count", [1, 3, 100])
@pytest.mark.parametrize("block", [4096, 3])
def test_the_best_videos_but_the_own_one(make_corpus, monkeypatch, count, block):
    monkeypatch.setattr(module, "BLOCK", block)
    corpus = make_corpus(6)
    scores = torch.rand(12, 6, generator=torch.Generator().manual_seed(0))
    found = negatives(Ranked(scores), corpus, count)
    assert found.shape == (12, min(count, 5))
    for query, own in enumerate(corpus.labels.tolist()):
        ranking = [video for video in scores[query].argsort(descending=True).tolist() if video != own]
        assert found[query].tolist() == ranking[:count]
