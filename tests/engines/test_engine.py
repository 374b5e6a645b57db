"""Candidates are compared as all videos are; what was not named is not found, and the recall says how much that is."""

import pytest
import torch
from helpers.indexed import asked, index_of
from helpers.models import SUBTITLE_SIZE, VIDEO_SIZE

from pipeline.engines.engine import search
from pipeline.engines.recall import BEST, exact_best, recall, sample_queries
from pipeline.retrieval.search import best_first, compare

every_model = pytest.mark.parametrize("name", ["amdnet", "gmmformer", "ms_sl", "prem", "cca", "zero_shot"])


class Naming:
    """An engine that names the same candidates for every query."""

    says = "a fake"

    def __init__(self, rows):
        self.rows = rows

    def candidates(self, query, k, among=None):
        return [self.rows] * len(query)


@every_model
def test_candidates_are_compared_as_exact_search_compares_all(make_model, name):
    index = index_of(make_model(name), 60, VIDEO_SIZE, SUBTITLE_SIZE)
    query = asked(index, 5)
    rows = torch.arange(1, 60, 3)
    found = search(index, Naming(rows), query, 4)
    whole = compare(index.model, index.vectors, query, 60, torch.empty(5, 0, dtype=torch.int64))
    best = rows[best_first(whole.score[:, rows], 4)]
    expected = whole.retrieve(best)
    assert torch.equal(found.video, best) and torch.equal(found.position, expected.position)
    assert torch.equal(found.moment, expected.moment) and torch.equal(found.place, expected.place)
    torch.testing.assert_close(found.score, expected.score)
    torch.testing.assert_close(found.span, expected.span)


@every_model
def test_the_index_of_some_videos_holds_theirs(make_model, name):
    index = index_of(make_model(name), 9, VIDEO_SIZE, SUBTITLE_SIZE)
    part = index.among(torch.tensor([2, 5, 6]))
    assert part.video_ids == ["v00002", "v00005", "v00006"] and len(part.durations) == len(part.times.spans) == 3
    assert all(torch.equal(of_part[1], field[5]) for of_part, field in zip(part.vectors, index.vectors, strict=True))


def test_the_recall_is_the_share_of_the_best_videos_that_were_named(make_model):
    index = index_of(make_model(), 60, VIDEO_SIZE, SUBTITLE_SIZE)
    query = asked(index, 1)
    best = exact_best(index, query)
    assert best.shape == (1, BEST) and recall(index, Naming(torch.arange(60)), query, best) == 1
    others = [row for row in range(60) if row not in best[0, ::2].tolist()]
    assert recall(index, Naming(torch.tensor(others)), query, best) == 0.5


@every_model
def test_sample_queries_lie_between_two_videos_and_are_the_same_again(make_model, name):
    index = index_of(make_model(name), 40, VIDEO_SIZE, SUBTITLE_SIZE)
    queries = sample_queries(index)
    assert torch.equal(queries, sample_queries(index)) and len(queries) == 40
    assert queries.shape[1:] == index.vectors.clips.select(-2, 0).shape[1:]
    assert bool(queries.any(dim=-1).all()) and len(queries.flatten(1).unique(dim=0)) > 20
    assert float(compare(index.model, index.vectors, queries, 1, torch.empty(40, 0).long()).score.max()) < 0.999


def test_one_video_has_a_sample_query(make_model):
    index = index_of(make_model(), 1, VIDEO_SIZE, SUBTITLE_SIZE)
    queries = sample_queries(index)
    assert recall(index, Naming(torch.tensor([0])), queries, exact_best(index, queries)) == 1
