"""IoU by hand and against TVR's evaluator; NMS by hand, by its definition and against TVR's."""

import pytest
import torch
from helpers.parity import parity_arrays, parity_json

from pipeline.localizers.common.overlap import AT_ONCE, iou, suppress

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


NMS_BY_HAND = [
    ([(0, 9), (1.5, 9), (0, 4.5), (30, 33), (30, 33)], 0.7, [True, False, True, True, False]),
    ([(0, 15), (0, 10.5)], 0.7, [True, True]),  # their IoU is 0.7, and only a greater one is dropped
    ([(0, 10), (1, 10), (2, 10)], 0.85, [True, False, True]),  # the second is dropped, so it does not drop the third
    ([(5, 5), (5, 5)], 0.5, [True, True]),  # without length
    ([(0, 10), (10, 0)], 0.5, [True, True]),  # reversed
    ([], 0.5, []),
]


@pytest.mark.parametrize(("spans", "threshold", "expected"), NMS_BY_HAND)
def test_nms_by_hand(spans, threshold, expected):
    span = torch.tensor([spans], dtype=torch.float64).view(1, -1, 2)
    assert suppress(torch.zeros(span.shape[:2], dtype=torch.int64), span, threshold).tolist() == [expected]


def test_a_span_suppresses_those_of_its_own_video_alone_and_what_is_no_span_is_not_kept():
    video = torch.tensor([[3, 4, 3, 4, -1, -1]])
    span = torch.tensor([[[0.0, 9.0]] * 6])
    assert suppress(video, span, 0.7).tolist() == [[True, True, False, False, False, False]]


def test_many_queries_at_once_are_those_one_by_one():
    generator = torch.Generator().manual_seed(0)
    queries, spans = AT_ONCE + 5, 20
    video = torch.randint(-1, 3, (queries, spans), generator=generator)
    span = torch.randint(0, 12, (queries, spans, 2), generator=generator).double().sort(dim=-1).values
    kept = suppress(video, span, 0.5)
    assert kept.tolist() == [one_by_one(*query, 0.5) for query in zip(video.tolist(), span.tolist(), strict=True)]
    assert 0.2 < kept.double().mean() < 0.6


def one_by_one(video, span, threshold):
    kept = []
    for index, own in enumerate(video):
        better = [other for other in kept if video[other] == own and plain_iou(span[other], span[index]) > threshold]
        kept += [index] if own >= 0 and not better else []
    return [index in kept for index in range(len(video))]


def plain_iou(one, other):
    hull = max(one[1], other[1]) - min(one[0], other[0])
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0])) / hull if hull else 0.0


def test_nms_equals_that_of_tvr():
    cases = parity_json("prem_pieces.json")["nms"]
    assert len(cases) > 10
    for case in cases:
        best_first = sorted(case["predictions"], key=lambda row: -row[2])
        rows = torch.tensor(best_first, dtype=torch.float64).view(1, -1, 3)
        kept = suppress(torch.zeros(rows.shape[:2], dtype=torch.int64), rows[..., :2], case["threshold"])[0].tolist()
        ours = [row for row, keep in zip(best_first, kept, strict=True) if keep]
        assert ours[: case["max_after"]] == case["expect"]
