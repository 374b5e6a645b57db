"""The tables of the three tasks: the keys of TVR's evaluator, and the same truth as the other metrics."""

import dataclasses

import pytest
from helpers.localized import evaluate_split


def test_the_keys_are_those_of_the_evaluator(model, corpus):
    tasks = evaluate_split(model, corpus).metrics["tasks"]
    keys = {f"{level}-r{k}" for level in (0.3, 0.5, 0.7) for k in (1, 5, 10, 100)}
    assert set(tasks) == {"VR", "SVMR", "VCMR"} and set(tasks["VCMR"]) == keys
    assert set(tasks["SVMR"]) == {*keys, "mIoU"} and set(tasks["VR"]) == {"r1", "r5", "r10", "r100"}


def test_the_first_rows_are_what_the_other_metrics_measure(model, corpus):
    metrics = evaluate_split(model, corpus).metrics
    tasks, moments = metrics["tasks"], metrics["moments"]
    assert tasks["SVMR"]["mIoU"] == round(moments["mIoU"], 2)
    for level in (0.3, 0.5, 0.7):
        for task in ("SVMR", "VCMR"):
            assert tasks[task][f"{level}-r1"] == round(moments[f"{task} R@1 IoU={level}"], 2)
    for k in (1, 5, 10):
        assert tasks["VR"][f"r{k}"] == round(metrics["retrieval"][f"R@{k}"], 2)
        assert tasks["VCMR"][f"0.5-r{k}"] <= tasks["VR"]["r100"]


def test_more_rows_find_more_than_one(model, corpus):
    spans = [((0.0, 0.5 * float(corpus.durations[label])),) for label in corpus.labels.tolist()]
    tasks = evaluate_split(model, dataclasses.replace(corpus, spans=spans)).metrics["tasks"]
    assert tasks["SVMR"]["0.7-r1"] < tasks["SVMR"]["0.7-r5"] == 100.0
    assert tasks["VCMR"]["0.7-r1"] < tasks["VCMR"]["0.7-r10"] <= tasks["VCMR"]["0.7-r100"]


def test_types_have_tables_of_their_own_where_they_are_known(model, corpus):
    typed = dataclasses.replace(corpus, types=["v", "t", ""] * 10)
    result = evaluate_split(model, typed)
    assert {f"{task}_by_type" for task in ("VR", "SVMR", "VCMR")} <= set(result.metrics["tasks"])
    assert {key[:2] for key in result.metrics["tasks"]["VR_by_type"]} == {"v-", "t-", "de"}
    assert [row["type"] for row in result.rankings[:3]] == ["v", "t", None]
    assert evaluate_split(model, corpus).rankings[0]["type"] is None


def test_without_spans_videos_alone_are_measured(model, corpus):
    metrics = evaluate_split(model, dataclasses.replace(corpus, spans=[()] * 30)).metrics
    assert set(metrics["tasks"]) == {"VR"} and metrics["moment_errors"] is None


@pytest.mark.parametrize("task", ["VCMR", "SVMR", "VR"])
def test_the_lists_have_a_row_for_every_query(model, corpus, task):
    moments = evaluate_split(model, corpus).lists[task]
    assert len(moments.video) == 30 and bool((moments.video[:, 0] >= 0).all())
