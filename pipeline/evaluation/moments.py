"""Moment metrics: how well the span that is predicted for a query overlaps the annotated one.

There are two tasks, with the names that the literature uses. In single-video moment retrieval (SVMR) the span is
predicted in the query's own video; in video corpus moment retrieval (VCMR) that video must also rank first. Only
queries with annotated spans count.
Test: tests/evaluation/test_moments.py.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.localizers.common.overlap import iou

THRESHOLDS = (0.3, 0.5, 0.7)
Span = tuple[float, float]


class Annotated(NamedTuple):
    """The K queries of a list that have annotated spans.

    query: (K,) int64, their positions in the list. spans: (K, S, 2) start and end in seconds, NaN after a query's last
    span. agreement: (K,) int64, how many of the query's spans a prediction must match, at most as many as there are.
    """

    query: Tensor
    spans: Tensor
    agreement: Tensor

    def iou(self, predicted: Tensor) -> Tensor:
        """Compute the IoU (..., K) of a predicted span for each query, (..., K, 2) in seconds.

        It is the `agreement`-th largest IoU with the query's annotated spans: with 1 that with the best one; 2 is
        DiDeMo's rule, by which a prediction is right where two annotators agree with it.
        """
        ious = iou(predicted[..., None, :], self.spans).sort(dim=-1, descending=True).values
        return ious.take_along_dim((self.agreement - 1).expand(ious.shape[:-1])[..., None], dim=-1)[..., 0]


def annotated(spans: Sequence[Sequence[Span]], agreement: Sequence[int]) -> Annotated:
    """Select the queries that have annotated spans; spans, agreement: of all queries, as in Corpus."""
    query = [index for index, own in enumerate(spans) if own]
    own = [torch.tensor(spans[index], dtype=torch.float64) for index in query] or [torch.empty(0, 2)]
    padded = torch.nn.utils.rnn.pad_sequence(own, batch_first=True, padding_value=torch.nan)[: len(query)]
    return Annotated(torch.tensor(query, dtype=torch.int64), padded, torch.tensor(agreement)[query])


def moment_metrics(ious: Tensor | Sequence[float], ranks: Tensor | Sequence[int]) -> dict[str, float]:
    """Compute mIoU, and R@1 at each IoU threshold for SVMR and for VCMR, in per cent, unrounded.

    ious: for each query with annotated spans, at least one, the IoU of the span predicted in its own video. ranks: the
    rank of that video for the same queries.
    """
    iou_of, first = torch.as_tensor(ious), torch.as_tensor(ranks) == 1
    metrics = {"mIoU": 100.0 * iou_of.double().mean().item()}
    for task, counts in (("SVMR", torch.ones_like(first)), ("VCMR", first)):
        for threshold in THRESHOLDS:
            correct = int(((iou_of >= threshold) & counts).sum())
            metrics[f"{task} R@1 IoU={threshold}"] = 100.0 * correct / len(ious)
    return metrics
