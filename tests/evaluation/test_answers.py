"""Windows lie around the best clip and inside the video; what is answered is what is right on the selection split."""

import dataclasses

import pytest
import torch

from pipeline.corpus.clip_times import ClipTimes, clip_times
from pipeline.evaluation.answers import WIDTHS, choose, window
from pipeline.evaluation.moments import annotated
from pipeline.evaluation.ranking import rank_corpus
from pipeline.models.common.interface import NO_MOMENT
from pipeline.retrieval.index import Index

CPU = torch.device("cpu")


@pytest.fixture
def ranking(model, corpus):
    return rank_corpus(Index.build(model, corpus, CPU), corpus)


def without_moments(ranking):
    """As a model retrieves that learns no moments."""
    found = ranking.own._replace(moment=torch.full_like(ranking.own.moment, NO_MOMENT), span=ranking.own.place)
    return dataclasses.replace(ranking, own=found)


def right_around(corpus, ranking, width):
    """The corpus whose true spans are so wide a part of the video around the clip that is retrieved."""
    spans = window(corpus, ranking.own, width)[:, 0].tolist()
    return dataclasses.replace(corpus, spans=[(tuple(span),) for span in spans])


@pytest.mark.parametrize("width", [0.025, 0.3, 1.0])
def test_a_window_holds_the_clip_and_lies_in_the_video(corpus, ranking, width):
    spans, lengths = window(corpus, ranking.top, width), corpus.durations[ranking.top.video]
    middle = without_moments(ranking).own.seconds(corpus.times).mean(dim=-1)
    around = window(corpus, ranking.own, width)
    assert bool((around[..., 0] < middle).all()) and bool((middle < around[..., 1]).all())
    assert bool((spans >= 0).all()) and bool((spans[..., 1] <= lengths).all())
    assert bool((spans[..., 1] - spans[..., 0] <= width * lengths + 1e-9).all())


def test_windows_grow_with_their_width(corpus, ranking):
    before = window(corpus, ranking.own, 0.1)
    for width in (0.2, 0.5, 1.0):
        wider = window(corpus, ranking.own, width)
        assert bool((wider[..., 0] <= before[..., 0]).all()) and bool((wider[..., 1] >= before[..., 1]).all())
        before = wider


def test_a_clip_is_answered_with_its_rows_and_a_moment_with_its_share_of_them(corpus, ranking):
    rows = [clip_times(100, 8, 1.0, 99.5) for _ in corpus.video_ids]
    long = dataclasses.replace(
        corpus, times=ClipTimes(*map(torch.stack, zip(*rows, strict=True))), durations=torch.full((12,), 99.5).double()
    )
    starts = without_moments(ranking).own.seconds(long.times)[..., 0]
    assert set(starts.flatten().tolist()) <= {0.0, 12.0, 25.0, 38.0, 50.0, 62.0, 75.0, 88.0}  # round half to even
    halves = ranking.own.seconds(long.times)
    assert set(map(tuple, halves.flatten(0, 1).tolist())) <= {(0.0, 50.0), (50.0, 99.0)}  # row 99 is in no clip


@pytest.mark.parametrize("width", [0.2, 0.375, 0.65])
def test_the_width_that_is_right_is_found(corpus, ranking, width):
    answer = choose(right_around(corpus, ranking, width), ranking, "auto", "val")
    assert (answer.kind, answer.width) == ("window", width)
    assert answer.choice["mIoU"]["window"] == pytest.approx(100) and answer.choice["width_95"] == [width, width]
    low, high = answer.choice["window_minus_model_95"]
    assert 0 < low < high
    assert len(answer.choice["curve"]) == len(WIDTHS)


def test_auto_keeps_the_models_own_where_it_is_as_good(corpus, ranking):
    spans = [(tuple(span),) for span in ranking.own.seconds(corpus.times)[:, 0].tolist()]
    answer = choose(dataclasses.replace(corpus, spans=spans), ranking, "auto", "val")
    assert answer.kind == "model" and answer.choice["mIoU"]["model"] == pytest.approx(100)
    assert torch.equal(answer.spans(corpus, ranking.own), ranking.own.seconds(corpus.times))


@pytest.mark.parametrize("asked", ["model", "window"])
def test_what_is_asked_for_is_answered(corpus, ranking, asked):
    for width in (0.1, 0.9):
        answer = choose(right_around(corpus, ranking, width), ranking, asked, "val")
        assert answer.kind == answer.choice["chosen"] == asked and answer.width == width


@pytest.mark.parametrize("asked", ["auto", "model", "window"])
def test_without_spans_the_model_answers(corpus, ranking, asked):
    answer = choose(dataclasses.replace(corpus, spans=[()] * 30), ranking, asked, "val")
    assert (answer.kind, answer.width, answer.choice["queries_with_spans"]) == ("model", None, 0)


def test_the_scores_that_chose_are_those_of_the_answers(corpus, ranking):
    answer = choose(corpus, ranking, "auto", "val")
    truth = annotated(corpus.spans, corpus.agreement)
    by_kind = {"model": ranking.own.seconds(corpus.times), "window": window(corpus, ranking.own, answer.width)}
    for kind, spans in by_kind.items():
        expected = 100 * truth.iou(spans[truth.query, 0]).double().mean().item()
        assert answer.choice["mIoU"][kind] == pytest.approx(expected)
    assert choose(corpus, ranking, "auto", "val") == answer
