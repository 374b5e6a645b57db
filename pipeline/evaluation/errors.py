"""Measures moments by how long they are and where in their video they lie, so that the report shows where answers fail.

Test: tests/evaluation/test_errors.py.
"""

from typing import Any

import torch
from torch import Tensor

from pipeline.evaluation.moments import Annotated

QUARTILES = torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)
FIFTHS = 5
THRESHOLD = 0.5
DECIMALS = 6


def moment_errors(truth: Annotated, ious: Tensor, durations: Tensor) -> dict[str, list[dict[str, Any]]] | None:
    """Measure the K queries with annotated spans in groups: quartiles of the moments' length, fifths of the videos.

    truth: the annotated spans. ious: (K,), the IoU of the span that is predicted in the own video. durations: (K,),
    the length of that video in seconds. The moment of a query is its annotated span of median length, of two such the
    shorter, of equally long ones the earlier.

    `length` has a group for each quartile of the moments' length, `from` and `to` being its shortest and longest in
    seconds; `position` has one for each fifth of a video, between the shares `from` and `to` of it, in which the
    moment's middle lies. A group has `queries`, their number, `mIoU` and `SVMR R@1 IoU=0.5`, both in per cent. Groups
    that no query falls into are left out. The result is None where there is no query.
    """
    if not len(truth.query):
        return None
    moments = _median_spans(truth.spans)
    lengths = (moments[:, 1] - moments[:, 0]).round(decimals=DECIMALS)
    quartile = torch.searchsorted(lengths.quantile(QUARTILES), lengths)
    place = (moments.mean(dim=1) / durations * FIFTHS).long().clamp(max=FIFTHS - 1)
    by_length, by_position = _groups(quartile, ious), _groups(place, ious)
    return {
        "length": [
            {"from": lengths[quartile == group].min().item(), "to": lengths[quartile == group].max().item(), **numbers}
            for group, numbers in by_length.items()
        ],
        "position": [
            {"from": group / FIFTHS, "to": (group + 1) / FIFTHS, **numbers} for group, numbers in by_position.items()
        ],
    }


def _median_spans(spans: Tensor) -> Tensor:
    """Take the span (K, 2) of median length of each query; spans: (K, S, 2), NaN after a query's last one."""
    count = spans[..., 0].isfinite().sum(dim=1)
    early = spans.take_along_dim(spans[..., :1].argsort(dim=1, stable=True), dim=1)
    lengths = (early[..., 1] - early[..., 0]).round(decimals=DECIMALS)
    order = lengths.argsort(dim=1, stable=True)  # puts NaN last
    middle = order.take_along_dim((count[:, None] - 1) // 2, dim=1)
    return early.take_along_dim(middle[..., None], dim=1)[:, 0]


def _groups(group: Tensor, ious: Tensor) -> dict[int, dict[str, Any]]:
    """Compute the numbers of each group that has a query; group: (K,), which one a query is in."""
    found = {}
    for number in group.unique().tolist():
        own = ious[group == number].double()
        correct = int((own >= THRESHOLD).sum())
        found[number] = {
            "queries": len(own),
            "mIoU": 100.0 * own.mean().item(),
            f"SVMR R@1 IoU={THRESHOLD}": 100.0 * correct / len(own),
        }
    return found
