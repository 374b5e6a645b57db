"""IoU by hand and against TVR's evaluator."""

import pytest
import torch
from helpers.parity import parity_arrays

from pipeline.localizers.common.overlap import iou

BY_HAND = [
    ((0, 10), (0, 10), 1.0),
    ((0, 5), (0, 10), 0.5),
    ((5, 15), (0, 10), 1 / 3),
    ((0, 5), (5, 10), 0.0),  # they touch
    ((0, 2), (8, 10), 0.0),  # apart
    ((3, 3), (3, 3), 0.0),  # empty
    ((3, 3), (0, 10), 0.0),
]


@pytest.mark.parametrize(("predicted", "annotated", "expected"), BY_HAND)
def test_iou_by_hand(predicted, annotated, expected):
    assert iou(torch.tensor([predicted]), torch.tensor([annotated])).item() == pytest.approx(expected)


def test_iou_is_float32_as_the_evaluator_decides_thresholds_there():
    assert iou(torch.tensor([[0.0, 7.0]]), torch.tensor([[0.0, 10.0]])).dtype == torch.float32


def test_iou_equals_the_evaluator_bit_by_bit():
    fixture = parity_arrays("prem_pieces.npz")
    predicted, annotated = (torch.from_numpy(fixture[f"iou.input.{name}"]) for name in ("pred", "truth"))
    ours = iou(predicted, annotated)
    assert torch.equal(ours, torch.from_numpy(fixture["iou.expect.float32"]))
    for threshold in (0.5, 0.7):
        assert torch.equal(ours >= threshold, torch.from_numpy(fixture[f"iou.expect.correct_{threshold}"]))
