"""Costs: every search is timed alone over the whole index, and the file holds what its keys say."""

import torch

from pipeline.evaluation.cost import SEARCHES, cost, query_milliseconds
from pipeline.retrieval.index import Index

CPU = torch.device("cpu")


def test_one_query_at_a_time_over_all_videos(model, corpus, monkeypatch):
    asked = []
    score = type(model).score

    def watched(self, query, index):
        asked.append((len(query), len(index.video)))
        return score(self, query, index)

    monkeypatch.setattr(type(model), "score", watched)
    assert query_milliseconds(Index.build(model, corpus, CPU), corpus) > 0
    assert asked == [(1, 12)] * min(30, SEARCHES)


def test_the_keys_and_their_units(model, corpus):
    training = {"parameters": 7, "seconds": 12.345, "history": []}
    numbers = cost(Index.build(model, corpus, CPU), corpus, training)
    assert list(numbers) == ["parameters", "training seconds", "query milliseconds", "index KiB a video"]
    assert (numbers["parameters"], numbers["training seconds"]) == (7, 12.3)
    assert numbers["index KiB a video"] == round((8 * 16 + 2 * 2) * 4 / 1024, 1)
