"""One split's metrics and rows: seconds, who counts, and that equal inputs give equal rows."""

import dataclasses

import pytest
import torch
from helpers.localized import OWN, WINDOW, evaluate_split

from pipeline.core.files import canonical_json
from pipeline.evaluation.split import moment_spread


def test_rows_hold_the_ranking_in_seconds(model, corpus):
    result = evaluate_split(model, corpus)
    row = result.rankings[13]
    assert (row["query_id"], row["video_id"]) == ("query13", "video01")
    assert [len(row["ranking"]) for row in result.rankings] == [10] * 30
    scores = [entry["score"] for entry in row["ranking"]]
    assert scores == sorted(scores, reverse=True)
    duration = float(corpus.durations[1])
    assert {row["true_video"]["start"], row["true_video"]["end"]} <= {0.0, round(duration / 2, 6), round(duration, 6)}
    if row["rank"] == 1:
        true_video = {key: value for key, value in row["true_video"].items() if key != "spans"}
        assert row["ranking"][0] == {"video_id": "video01", **true_video}


def test_only_queries_with_spans_count_for_moments(model, corpus):
    result = evaluate_split(model, corpus)
    assert result.metrics["queries_with_spans"] == 20
    ious = [row["iou"] for row in result.rankings if row["iou"] is not None]
    assert len(ious) == 20
    assert result.metrics["moments"]["mIoU"] == pytest.approx(100 * sum(ious) / 20, abs=1e-4)
    assert result.metrics["whole_video"]["mIoU"] == pytest.approx(100 / 8, abs=1e-4)  # a span is an eighth of its video


def test_no_span_no_moment_metrics(model, corpus):
    metrics = evaluate_split(model, dataclasses.replace(corpus, spans=[()] * 30)).metrics
    assert metrics["moments"] is None and metrics["queries_with_spans"] == 0


def test_the_curve_passes_through_the_metrics(model, corpus):
    result = evaluate_split(model, corpus)
    assert [point["K"] for point in result.curve] == list(range(1, 13))
    for k in (1, 5, 10):
        assert result.curve[k - 1]["R@K"] == pytest.approx(result.metrics["retrieval"][f"R@{k}"], abs=1e-6)
    assert result.curve[-1] == {"K": 12, "R@K": 100.0, "chance": 100.0}


def test_moments_are_in_seconds(model, corpus):
    last = evaluate_split(model, corpus).moments[-1]
    assert last == {"video_id": "video11", "duration": 40.0, "moments": [[0.0, 20.0], [20.0, 40.0]]}


def test_equal_inputs_give_equal_rows(model, corpus):
    one, other = (evaluate_split(model, corpus) for _ in range(2))
    for name in ("metrics", "rankings", "moments", "curve"):
        assert canonical_json(getattr(one, name)) == canonical_json(getattr(other, name))
    for task, moments in one.lists.items():
        assert all(map(torch.equal, moments, other.lists[task]))


def test_a_window_is_no_moment_and_its_numbers_are_those_of_its_spans(model, corpus):
    own, window = (evaluate_split(model, corpus, answer) for answer in (OWN, WINDOW))
    assert {found["moment"] for row in window.rankings for found in (row["true_video"], *row["ranking"])} == {None}
    assert [row["rank"] for row in window.rankings] == [row["rank"] for row in own.rankings]
    assert window.metrics["retrieval"] == own.metrics["retrieval"]
    assert window.metrics["moments"] == window.metrics["answers"]["window"] != own.metrics["moments"]
    assert window.metrics["answers"]["model"] == own.metrics["moments"]
    for row in window.rankings:
        for found in row["ranking"]:
            duration = float(corpus.durations[corpus.video_ids.index(found["video_id"])])
            assert 0 <= found["start"] < found["end"] <= duration + 1e-6
            assert found["end"] - found["start"] <= duration / 2 + 1e-5


def test_a_constant_span_is_measured_beside_the_model(model, corpus):
    metrics = evaluate_split(model, corpus, constant=(0.0, 0.125)).metrics
    first = [clip == 0 for clip in [index % 8 for index in range(30) if index % 3]]
    assert metrics["constant_span"]["SVMR R@1 IoU=0.7"] == pytest.approx(100 * sum(first) / 20)
    assert evaluate_split(model, corpus).metrics["constant_span"] is None


def test_moments_that_are_the_same_everywhere_have_no_spread(model, corpus):
    assert evaluate_split(model, corpus).metrics["moment_spread"] == 0
    one_of_two = torch.tensor([[[0.0, 0.5], [0.5, 1.0]], [[0.2, 0.5], [0.5, 1.0]]])
    assert moment_spread(one_of_two) == pytest.approx(0.1 / 4)
    assert moment_spread(torch.empty(5, 0, 2)) is None


def test_intervals_stand_around_their_values(model, corpus):
    metrics = evaluate_split(model, corpus).metrics
    value, low, high = metrics["intervals"]["SumR"]
    assert low < value < high and value == pytest.approx(metrics["retrieval"]["SumR"])
    assert metrics["intervals"]["mIoU"][0] == pytest.approx(metrics["moments"]["mIoU"], abs=1e-3)
