"""What is said of spans: which is answered and why, what stands beside it, and whether moments move at all."""

import pytest

from pipeline.report.moments import choice, columns, spread, width_chart


def test_the_answer_comes_first_and_constant_spans_stand_beside_it(details):
    split, answer = details["splits"]["test"], details["answer"]
    names = ["Learned moment", "Window of 37.5 % around the best clip"]
    rest = ["Best constant span of train, 10 % to 42.5 %", "Whole video"]
    assert [column["name"] for column in columns(split, answer)] == [*names, *rest]
    chosen = columns(split, {**answer, "chosen": "window"})
    assert [column["name"] for column in chosen] == [*reversed(names), *rest]
    assert [column["chosen"] for column in chosen] == [True, False, False, False]
    assert chosen[0]["metrics"] == split["answers"]["window"]


def test_a_model_without_moments_has_none_and_train_may_have_no_spans(details):
    split = {**details["splits"]["test"], "moment_spread": None, "constant_span": None}
    names = [column["name"] for column in columns(split, details["answer"])]
    assert names == ["Best clip or stretch of clips", "Window of 37.5 % around the best clip", "Whole video"]


@pytest.mark.parametrize(("asked", "why"), [("auto", "is better on val"), ("window", "evaluate.answer asks for")])
def test_why_it_is_the_answer(details, asked, why):
    first, second = choice(details["splits"]["test"], {**details["answer"], "asked": asked, "chosen": "window"})
    assert f"a window of 37.5 % of the video around the best clip, which {why}: there, over 3 queries" in first
    assert "mIoU 41.0 and the learned moment over the best clip 46.7" in first
    assert "between -14.0 and +3.0" in second and "between 20 % and 60 % of the video" in second


def test_nothing_to_choose_by_is_said(details):
    answer = {"asked": "window", "split": "val", "queries_with_spans": 0, "chosen": "model", "width": None}
    (sentence,) = choice(details["splits"]["test"], answer)
    assert "No query of val has an annotated span" in sentence and "the learned moment" in sentence
    assert width_chart(answer) is None


@pytest.mark.parametrize(("deviation", "fixed"), [(0.004, True), (0.049, True), (0.05, False), (0.2, False)])
def test_windows_that_hardly_move_are_called_so(details, deviation, fixed):
    sentence = spread({**details["splits"]["test"], "moment_spread": deviation})
    assert ("nearly the same windows in every video" in sentence) == fixed
    assert f"{100 * deviation:g} % of the video" in sentence


def test_no_moments_no_spread(details):
    assert spread({**details["splits"]["test"], "moment_spread": None}) is None


def test_the_chart_has_the_curve_and_the_models_own(details):
    chart = width_chart(details["answer"])
    assert [line["name"] for line in chart["lines"]] == ["window", "the model's own spans"]
    assert [line["last"] for line in chart["lines"]] == ["27", "46.7"]
