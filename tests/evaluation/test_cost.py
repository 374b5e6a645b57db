"""Costs: every search is timed alone over the whole corpus, and the file holds what its keys say."""

import torch

from pipeline.evaluation.cost import SEARCHES, cost, query_milliseconds


def test_one_query_at_a_time_over_all_videos(model, corpus, monkeypatch):
    asked = []
    score = type(model).score

    def watched(self, query, index):
        asked.append((len(query), len(index.video)))
        return score(self, query, index)

    monkeypatch.setattr(type(model), "score", watched)
    assert query_milliseconds(model, corpus, torch.device("cpu")) > 0
    assert asked == [(1, 12)] * min(30, SEARCHES)


def test_the_keys_and_their_units(model, corpus):
    training = {"parameters": 7, "seconds": 12.345, "history": []}
    numbers = cost(model, corpus, {"index_bytes_per_video": 1536}, training, torch.device("cpu"))
    assert list(numbers) == ["parameters", "training seconds", "query milliseconds", "index KiB a video"]
    assert (numbers["parameters"], numbers["training seconds"], numbers["index KiB a video"]) == (7, 12.3, 1.5)
