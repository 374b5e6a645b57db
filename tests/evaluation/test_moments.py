"""Annotators that must agree, and which queries a metric counts."""

import pytest
import torch

from pipeline.evaluation.moments import annotated, moment_metrics


def test_two_annotators_must_agree():
    spans = [[(0, 5), (0, 5), (5, 10), (20, 25)], [(0, 5), (5, 10), (10, 15), (20, 25)], [(0, 5), (5, 10)]]
    truth = annotated(spans, agreement=[2, 2, 1])
    assert truth.iou(torch.tensor([[0.0, 4.5]]).expand(3, 2)).tolist() == pytest.approx([0.9, 0, 0.9])


def test_queries_without_spans_are_left_out_and_padding_meets_nothing():
    truth = annotated([(), [(0, 5)], (), [(0, 5), (5, 10), (5, 9)]], agreement=[1, 1, 1, 3])
    assert truth.query.tolist() == [1, 3] and truth.spans.shape == (2, 3, 2)
    assert truth.iou(torch.tensor([[0.0, 10.0], [5.0, 10.0]])).tolist() == pytest.approx([0.5, 0])
    several = truth.iou(torch.tensor([[[0.0, 5.0], [5.0, 9.0]], [[0.0, 1.0], [0.0, 10.0]]]))
    assert several.flatten().tolist() == pytest.approx([1, 0, 0.2, 0.4])
    assert annotated([()], agreement=[1]).iou(torch.empty(0, 2)).tolist() == []


def test_corpus_retrieval_also_needs_the_own_video_first():
    metrics = moment_metrics([0.8, 0.6, 0.4, 0.0], ranks=[1, 2, 1, 1])
    assert metrics == pytest.approx(
        {
            "mIoU": 45.0,
            "SVMR R@1 IoU=0.3": 75.0,
            "SVMR R@1 IoU=0.5": 50.0,
            "SVMR R@1 IoU=0.7": 25.0,
            "VCMR R@1 IoU=0.3": 50.0,
            "VCMR R@1 IoU=0.5": 25.0,
            "VCMR R@1 IoU=0.7": 25.0,
        }
    )
