"""Moment metrics: how well the span predicted for a query meets the annotated one.

Two questions, named as the field names them: single-video moment retrieval (SVMR: the span predicted in the query's own
video) and video corpus moment retrieval (VCMR: the own video must also rank first). Only queries with annotated spans
count. IoU is overlap over hull in float32, as in TVR's evaluator, whose thresholds fall on float32 rounding.
Test: tests/evaluation/test_moments.py.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

THRESHOLDS = (0.3, 0.5, 0.7)
Span = tuple[float, float]


def iou(predicted: Tensor, annotated: Tensor) -> Tensor:
    """Temporal IoU (...) float32 of spans (..., 2) in seconds: overlap / hull; 0 where the hull is empty or NaN."""
    predicted, annotated = predicted.float(), annotated.float()
    overlap = torch.minimum(predicted[..., 1], annotated[..., 1]) - torch.maximum(predicted[..., 0], annotated[..., 0])
    hull = torch.maximum(predicted[..., 1], annotated[..., 1]) - torch.minimum(predicted[..., 0], annotated[..., 0])
    return torch.where(hull > 0, overlap.clamp(min=0) / hull, 0.0)


class Annotated(NamedTuple):
    """The K queries of a list that have annotated spans.

    query: (K,) int64, their positions in the list; spans: (K, S, 2) seconds, NaN after a query's last; agreement: (K,)
    int64, how many of its spans a prediction must match, at most as many as the query has.
    """

    query: Tensor
    spans: Tensor
    agreement: Tensor

    def iou(self, predicted: Tensor) -> Tensor:
        """Spans (..., K, 2), one a query -> (..., K): the IoU that at least `agreement` annotated spans reach.

        That is their `agreement`-th largest: the largest for 1; 2 is DiDeMo's rule, correct where two annotators agree.
        """
        ious = iou(predicted[..., None, :], self.spans).sort(dim=-1, descending=True).values
        return ious.take_along_dim((self.agreement - 1).expand(ious.shape[:-1])[..., None], dim=-1)[..., 0]


def annotated(spans: Sequence[Sequence[Span]], agreement: Sequence[int]) -> Annotated:
    """Of the queries with these spans, none where there is no annotation, those that have some."""
    query = [index for index, own in enumerate(spans) if own]
    own = [torch.tensor(spans[index], dtype=torch.float64) for index in query] or [torch.empty(0, 2)]
    padded = torch.nn.utils.rnn.pad_sequence(own, batch_first=True, padding_value=torch.nan)[: len(query)]
    return Annotated(torch.tensor(query, dtype=torch.int64), padded, torch.tensor(agreement)[query])


def moment_metrics(ious: Tensor | Sequence[float], ranks: Tensor | Sequence[int]) -> dict[str, float]:
    """mIoU, and R@1 at each IoU threshold for SVMR and VCMR, in per cent, unrounded.

    ious: of the span predicted in the own video, one a query with annotated spans (at least one); ranks: of the own
    video, for the same queries.
    """
    iou_of, first = torch.as_tensor(ious), torch.as_tensor(ranks) == 1
    metrics = {"mIoU": 100.0 * iou_of.double().mean().item()}
    for task, counts in (("SVMR", torch.ones_like(first)), ("VCMR", first)):
        for threshold in THRESHOLDS:
            correct = int(((iou_of >= threshold) & counts).sum())
            metrics[f"{task} R@1 IoU={threshold}"] = 100.0 * correct / len(ious)
    return metrics
