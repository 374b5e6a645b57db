"""The spans of a split: those of several videos compete by joint scores, and what is measured is what is written."""

import dataclasses

import pytest
import torch
from helpers.localized import OWN, RECIPE, WINDOW, opened

from pipeline.evaluation.localized import curve_rows, localize
from pipeline.localizers.common.interface import Curve, Localizer, PairSpans


class Everywhere(Localizer):
    """Two spans in every video, of which a video with an odd position has none."""

    def spans(self, query, video):
        start = (100 * query[:, None] + video).double()
        span = torch.stack([torch.stack([start, start + 1], dim=-1), torch.stack([start, start + 9], dim=-1)], dim=2)
        score = torch.tensor([0.0, -1.5]).expand(*video.shape, 2)
        return PairSpans(span, score.masked_fill((video % 2 == 1)[..., None], -torch.inf))

    def joint(self, retrieval, score):
        return retrieval[..., None] + score

    def curves(self, query, video):
        return [Curve(torch.arange(1.0, 2 + n), torch.ones(1 + n), torch.zeros(1 + n)) for n in video.tolist()]


@pytest.fixture
def ranking(model, corpus):
    return opened(model, corpus)[1]


@pytest.mark.parametrize("answer", [OWN, WINDOW])
def test_the_best_spans_are_the_answers_and_first_in_both_lists(model, corpus, answer):
    localizer, ranking = opened(model, corpus, answer)
    found = localize(localizer, ranking, RECIPE)
    for spans, retrieved in ((found.top, ranking.top), (found.own, ranking.own)):
        assert torch.equal(spans, answer.spans(corpus, retrieved).round(decimals=6))
    assert torch.equal(found.svmr.span[:, 0], found.own[:, 0]) and torch.equal(found.vcmr.span[:, 0], found.top[:, 0])
    assert torch.equal(found.svmr.video[:, 0], corpus.labels)
    assert torch.equal(found.vcmr.video[:, 0], ranking.top.video[:, 0])
    assert set(found.svmr.video[found.svmr.video >= 0].tolist()) <= set(range(12))


def test_spans_of_all_videos_compete_and_those_that_are_not_there_do_not(ranking):
    found = localize(Everywhere(), ranking, RECIPE)
    for query in range(30):
        pairs = zip(ranking.top.video[query].tolist(), ranking.top.score[query].tolist(), strict=True)
        even = [
            (score + own, -video, end) for video, score in pairs if video % 2 == 0 for own, end in ((0, 1), (-1.5, 9))
        ]
        expected = [(-video, 100 * query - video + end) for _, video, end in sorted(even, reverse=True)]
        there = found.vcmr.video[query] >= 0
        assert (
            list(
                zip(found.vcmr.video[query][there].tolist(), found.vcmr.span[query][there][:, 1].tolist(), strict=True)
            )
            == expected
        )
    none = ranking.top.video % 2 == 1
    assert bool((found.top[none] == 0).all()) and bool((found.top[~none].diff(dim=1) == 1).all())


def test_only_the_videos_of_the_recipe_compete_but_all_that_are_listed_have_a_span(ranking):
    found = localize(Everywhere(), ranking, RECIPE.model_copy(update={"videos": 2}))
    assert found.top.shape == (30, 10, 2)
    for query in range(30):
        listed = found.vcmr.video[query]
        assert set(listed[listed >= 0].tolist()) <= set(ranking.top.video[query, :2].tolist())


def test_queries_are_localized_in_blocks_without_a_difference(model, corpus, ranking):
    several = [index % 30 for index in range(70)]
    found = localize(Everywhere(), ranking, RECIPE)
    long = dataclasses.replace(
        ranking,
        ranks=ranking.ranks[several],
        top=type(ranking.top)(*(field[several] for field in ranking.top)),
        own=type(ranking.own)(*(field[several] for field in ranking.own)),
    )
    again = localize(Everywhere(), long, RECIPE)
    assert torch.equal(again.vcmr.score, found.vcmr.score[several])
    assert again.top.shape == (70, 10, 2) and torch.equal(again.svmr.video[:, 0], found.svmr.video[several, 0])


def test_curves_are_rows_of_the_own_video_and_empty_without_them(model, corpus):
    rows = list(curve_rows(Everywhere(), corpus))
    assert [row["query_id"] for row in rows] == corpus.query_ids
    assert [len(row["start"]) for row in rows] == [1 + label for label in corpus.labels.tolist()]
    assert rows[1] == {"query_id": "query01", "clip_ends": [1.0, 2.0], "start": [1.0, 1.0], "end": [0.0, 0.0]}
    without = list(curve_rows(opened(model, corpus)[0], corpus))
    assert [row["query_id"] for row in without] == corpus.query_ids
    assert all(row["clip_ends"] == row["start"] == row["end"] == [] for row in without)
