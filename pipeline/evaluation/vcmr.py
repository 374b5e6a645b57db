"""Metrics of the spans that are found for a query, over all videos, as TVR's evaluator computes them, for three tasks.

In video retrieval (VR) a row of the list is right where it names the query's video, whatever its span. In video corpus
moment retrieval (VCMR) its span must overlap the annotated one too. Single-video moment retrieval (SVMR) is VCMR after
the rows of other videos were taken out. Of a list the first 100 rows count, and they are cut before anything is taken
out; a row that is repeated takes two places. Test: tests/evaluation/test_vcmr.py.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from pipeline.core.manifest import TYPES
from pipeline.evaluation.moments import THRESHOLDS, Annotated
from pipeline.localizers.common.interface import Moments
from pipeline.retrieval.metrics import CUTOFFS, recall_at

COUNTED = CUTOFFS[-1]
NEVER = torch.iinfo(torch.int64).max
"""The rank where no row is right."""


def vr_ranks(video: Tensor, labels: Tensor) -> Tensor:
    """Find the rank (Q,) int64 of the first row that names the query's video, NEVER where none does.

    video: (Q, M) int64, the videos that a list names, the best first, -1 after the last. labels: (Q,) int64, the videos
    of the queries.
    """
    right = video[:, :COUNTED] == labels[:, None]
    return _rank(_first(right), torch.ones_like(right))


def vcmr_ranks(moments: Moments, labels: Tensor, truth: Annotated, threshold: float) -> Tensor:
    """Find the rank (K,) int64 of the first row that is right in VCMR, NEVER where none is.

    labels: (Q,) int64, the videos of the queries. truth: which K of them have annotated spans. threshold: the IoU from
    which a span is right.
    """
    own, ious = _judged(moments, labels, truth)
    return _rank(_first(own & (ious >= threshold)), torch.ones_like(own))


def svmr_ranks(moments: Moments, labels: Tensor, truth: Annotated, threshold: float) -> Tensor:
    """Find the rank (K,) int64, among those of its video, of the first row that is right; else like `vcmr_ranks`."""
    own, ious = _judged(moments, labels, truth)
    return _rank(_first(own & (ious >= threshold)), own)


def first_ious(moments: Moments, labels: Tensor, truth: Annotated) -> Tensor:
    """Compute the IoU (K,) of the first row that names the query's video, 0 where none does; mIoU is their mean."""
    own, ious = _judged(moments, labels, truth)
    return torch.where(_first(own), ious, 0.0).sum(dim=1)


def table(task: str, ranks: Tensor) -> dict[str, float]:
    """Compute R@1, R@5, R@10 and R@100 in per cent, unrounded, from ranks (Q,), Q > 0; task: the name before them."""
    return {f"{task} R@{k}": recall_at(ranks, k) for k in CUTOFFS}


def moment_tables(vcmr: Moments, svmr: Moments, labels: Tensor, truth: Annotated) -> dict[str, float]:
    """Compute mIoU of the list for SVMR, and R@K of SVMR and VCMR at each of THRESHOLDS, in per cent, unrounded.

    truth must have at least one query. The keys are `mIoU`, `SVMR R@1 IoU=0.3` and so on.
    """
    metrics = {"mIoU": 100.0 * first_ious(svmr, labels, truth).double().mean().item()}
    for task, moments, ranks_of in (("SVMR", svmr, svmr_ranks), ("VCMR", vcmr, vcmr_ranks)):
        for threshold in THRESHOLDS:
            recalls = table(task, ranks_of(moments, labels, truth, threshold))
            metrics |= {f"{name} IoU={threshold}": value for name, value in recalls.items()}
    return metrics


def of_types(types: Sequence[str]) -> dict[str, Tensor]:
    """Find the places (int64) of the queries of each type that occurs; types: that of each query, empty if unknown."""
    places = {kind: [place for place, own in enumerate(types) if own == kind] for kind in TYPES}
    return {kind: torch.tensor(own) for kind, own in places.items() if own}


def _judged(moments: Moments, labels: Tensor, truth: Annotated) -> tuple[Tensor, Tensor]:
    """Compute of each row that counts whether it names the query's video, and its IoU; both (K, min(M, 100))."""
    video, span = moments.video[truth.query, :COUNTED], moments.span[truth.query, :COUNTED]
    return video == labels[truth.query, None], truth.iou(span.transpose(0, 1)).transpose(0, 1)


def _first(right: Tensor) -> Tensor:
    """Keep the first true value of each row (Q, M) bool alone."""
    return right & (right.cumsum(dim=1) == 1)


def _rank(first: Tensor, counted: Tensor) -> Tensor:
    """Compute the rank (Q,) int64 of the one true value in each row of `first`, NEVER where there is none.

    counted: (Q, M) bool, the values among which the rank is counted, from 1.
    """
    return torch.where(first.any(dim=1), (counted.cumsum(dim=1) * first).sum(dim=1), NEVER)
