"""One split's metrics and rows: seconds, who counts, and that equal inputs give equal rows."""

import dataclasses

import pytest
import torch

from pipeline.evaluation.split import evaluate_split
from pipeline.files import canonical_json

CPU = torch.device("cpu")


def test_rows_hold_the_ranking_in_seconds(model, corpus):
    result = evaluate_split(model, corpus, CPU)
    row = result.rankings[13]
    assert (row["query_id"], row["video_id"]) == ("query13", "video01")
    assert [len(row["ranking"]) for row in result.rankings] == [10] * 30
    scores = [entry["score"] for entry in row["ranking"]]
    assert scores == sorted(scores, reverse=True)
    duration = float(corpus.durations[1])
    assert {row["true_video"]["start"], row["true_video"]["end"]} <= {0.0, round(duration / 2, 6), round(duration, 6)}
    if row["rank"] == 1:
        assert row["ranking"][0] == {"video_id": "video01", **row["true_video"]}


def test_only_queries_with_spans_count_for_moments(model, corpus):
    result = evaluate_split(model, corpus, CPU)
    assert result.metrics["queries_with_spans"] == 20
    ious = [row["iou"] for row in result.rankings if row["iou"] is not None]
    assert len(ious) == 20
    assert result.metrics["moments"]["mIoU"] == pytest.approx(100 * sum(ious) / 20, abs=1e-4)
    assert result.metrics["whole_video"]["mIoU"] == pytest.approx(100 / 8, abs=1e-4)  # a span is an eighth of its video


def test_no_span_no_moment_metrics(model, corpus):
    metrics = evaluate_split(model, dataclasses.replace(corpus, spans=[()] * 30), CPU).metrics
    assert metrics["moments"] is None and metrics["queries_with_spans"] == 0


def test_the_curve_passes_through_the_metrics(model, corpus):
    result = evaluate_split(model, corpus, CPU)
    assert [point["K"] for point in result.curve] == list(range(1, 13))
    for k in (1, 5, 10):
        assert result.curve[k - 1]["R@K"] == pytest.approx(result.metrics["retrieval"][f"R@{k}"], abs=1e-6)
    assert result.curve[-1] == {"K": 12, "R@K": 100.0, "chance": 100.0}


def test_moments_are_in_seconds(model, corpus):
    last = evaluate_split(model, corpus, CPU).moments[-1]
    assert last == {"video_id": "video11", "duration": 40.0, "moments": [[0.0, 20.0], [20.0, 40.0]]}


def test_equal_inputs_give_equal_rows(model, corpus):
    one, other = (evaluate_split(model, corpus, CPU) for _ in range(2))
    assert canonical_json(dataclasses.asdict(one)) == canonical_json(dataclasses.asdict(other))
