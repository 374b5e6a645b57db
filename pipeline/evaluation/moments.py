"""Moment metrics: how well the span predicted for a query meets the annotated one.

Two questions, named as the field names them: single-video moment retrieval (SVMR: the span predicted in the query's own
video) and video corpus moment retrieval (VCMR: the own video must also rank first). Only queries with annotated spans
count. IoU is overlap over hull in float32, as in TVR's evaluator, whose thresholds fall on float32 rounding.
Test: tests/evaluation/test_moments.py.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

THRESHOLDS = (0.3, 0.5, 0.7)
Span = tuple[float, float]


def iou(predicted: Tensor, annotated: Tensor) -> Tensor:
    """Temporal IoU (K,) float32 of spans (K, 2) in seconds: overlap / hull; 0 where the hull is empty."""
    predicted, annotated = predicted.float(), annotated.float()
    overlap = torch.minimum(predicted[:, 1], annotated[:, 1]) - torch.maximum(predicted[:, 0], annotated[:, 0])
    hull = torch.maximum(predicted[:, 1], annotated[:, 1]) - torch.minimum(predicted[:, 0], annotated[:, 0])
    return torch.where(hull > 0, overlap.clamp(min=0) / hull, 0.0)


def agreed_iou(predicted: Span, annotated: Sequence[Span], agreement: int) -> float:
    """The IoU that at least `agreement` of the annotated spans reach: their `agreement`-th largest.

    1 for a single annotation; DiDeMo's rule, correct where two annotators agree, is 2. Needs `agreement` spans.
    """
    spans = torch.tensor(annotated)
    ious = iou(torch.tensor([predicted]).expand_as(spans), spans)
    return ious.sort(descending=True).values[agreement - 1].item()


def moment_metrics(ious: Sequence[float], ranks: Sequence[int]) -> dict[str, float]:
    """mIoU, and R@1 at each IoU threshold for SVMR and VCMR, in per cent, unrounded.

    ious: of the span predicted in the own video, one a query with annotated spans (at least one); ranks: of the own
    video, for the same queries.
    """
    iou_of, first = torch.tensor(ious), torch.tensor(ranks) == 1
    metrics = {"mIoU": 100.0 * iou_of.double().mean().item()}
    for task, counts in (("SVMR", torch.ones_like(first)), ("VCMR", first)):
        for threshold in THRESHOLDS:
            correct = int(((iou_of >= threshold) & counts).sum())
            metrics[f"{task} R@1 IoU={threshold}"] = 100.0 * correct / len(ious)
    return metrics
