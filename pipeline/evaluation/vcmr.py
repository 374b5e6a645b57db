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
from pipeline.evaluation.moments import Annotated
from pipeline.localizers.common.interface import Moments
from pipeline.retrieval.metrics import CUTOFFS

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
