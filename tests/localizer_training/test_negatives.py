"""Negatives: the videos that the retriever ranks best, without the true one."""

from types import SimpleNamespace
from typing import NamedTuple

import pytest
import torch
from torch import nn

from pipeline.localizer_training import negatives as module
from pipeline.localizer_training.negatives import negatives
from pipeline.retrieval.index import Index

CPU = torch.device("cpu")


class Vectors(NamedTuple):
    video: torch.Tensor


class Rounded(nn.Module):
    """A retriever whose scores are whole numbers, so that many are equal; it keeps how many videos an index had."""

    def __init__(self):
        super().__init__()
        self.sizes = []

    def encode_video(self, videos):
        return Vectors(videos.frames.sum(dim=1))

    def index(self, encoded):
        return encoded

    def encode_query(self, query, mask):
        return query[:, 0]

    def score(self, query, vectors):
        self.sizes.append(len(vectors.video))
        score = (query @ vectors.video.T / 10).round()
        return SimpleNamespace(score=score)


@pytest.mark.parametrize("count", [1, 3, 100])
@pytest.mark.parametrize("at_once", [2048, 4, 1])
def test_the_best_videos_but_the_own_one_however_many_are_in_memory(make_corpus, monkeypatch, count, at_once):
    monkeypatch.setattr(module, "VIDEOS_AT_ONCE", at_once)
    corpus, model = make_corpus(6), Rounded()
    found = negatives(model, corpus, count, CPU)
    assert found.shape == (12, min(count, 5)) and max(model.sizes) == min(at_once, 6)
    (scores,) = Index.build(model, corpus, CPU).scores(corpus.query, corpus.query_mask)
    assert len(scores.unique()) < scores.numel() / 2, "the test needs equal scores"
    order = scores.sort(dim=1, descending=True, stable=True).indices.tolist()
    for query, own in enumerate(corpus.labels.tolist()):
        assert found[query].tolist() == [video for video in order[query] if video != own][:count]


def test_more_queries_than_are_scored_at_once(make_corpus, monkeypatch):
    corpus, model = make_corpus(6), Rounded()
    whole = negatives(model, corpus, 3, CPU)
    monkeypatch.setattr(module, "QUERY_BLOCK", 5)
    monkeypatch.setattr("pipeline.retrieval.index.QUERY_BLOCK", 5)
    assert torch.equal(negatives(model, corpus, 3, CPU), whole)


def test_one_video_alone_has_no_negatives(make_corpus):
    assert negatives(Rounded(), make_corpus(1), 3, CPU).shape == (2, 0)
