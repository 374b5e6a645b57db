"""The figures that TVR's evaluator prints for a submission, in its layout, and NMS before it.

Test: tests/evaluation/test_tvr_figures.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from pipeline.evaluation.moments import Annotated
from pipeline.evaluation.vcmr import COUNTED, of_types, svmr_ranks, vcmr_ranks, vr_ranks
from pipeline.localizers.common.interface import Moments
from pipeline.localizers.common.overlap import suppress
from pipeline.retrieval.metrics import CUTOFFS, recall_at

THRESHOLDS = (0.5, 0.7)
BEFORE_NMS = 200
SPANS = ("VCMR", "SVMR")
"""The tasks whose answers are spans."""


def figures(
    lists: Mapping[str, Moments],
    labels: Tensor,
    truth: Annotated,
    types: Sequence[str],
    thresholds: Sequence[float] = THRESHOLDS,
) -> dict[str, Any]:
    """Compute the figures of each task that has lists, in per cent, 2 decimals.

    A task whose answers are spans is left out where no query has an annotated span; `not_scored` says so.

    lists: by task, of Q queries. labels: (Q,) int64, the videos of the queries; truth: those of them that have spans.
    types: the type of each, empty where unknown; the figures by type are of those whose type is known. thresholds: of
    IoU, from which a span is right.
    """
    found: dict[str, Any] = {}
    by_type: dict[str, Any] = {}
    places = of_types(types)
    ratio = " ".join(f"{kind} {_percent(len(own), len(types))}" for kind, own in places.items())
    for task, moments in lists.items():
        query, ranks = _ranks(task, moments, labels, truth, thresholds)
        if not len(query):
            continue
        found[task] = _recalls(ranks)
        if places:
            of_type = {
                f"{kind}-{name}": value
                for kind, own in places.items()
                for name, value in _recalls({key: rank[torch.isin(query, own)] for key, rank in ranks.items()}).items()
            }
            by_type[f"{task}_by_type"] = {**of_type, "desc_type_ratio": ratio}
    return {**found, **by_type}


def not_scored(lists: Mapping[str, Moments], truth: Annotated, types: Sequence[str]) -> dict[str, str]:
    """Say of each task whose answers are spans which queries are not scored, and why; empty where all are.

    The arguments are those of `figures`.
    """
    without = len(types) - len(truth.query)
    if not without:
        return {}
    reason = "nothing is scored, because no query has an annotated span (`ts`)"
    if len(truth.query):
        kinds = [kind for kind, own in of_types(types).items() if not torch.isin(own, truth.query).any()]
        among = f"; all of type {' and '.join(kinds)} are among them" if kinds else ""
        reason = f"{without} of {len(types)} queries are not scored, because they have no annotated span (`ts`){among}"
    return {task: reason for task in SPANS if task in lists}


def after_nms(lists: Mapping[str, Moments], threshold: float) -> dict[str, Moments]:
    """Apply NMS to the lists of spans: at most 200 rows of each before it, and 100 after it.

    It must see the lists before they are cut to the rows that count, or too few are left.
    """
    return {task: _after_nms(moments, threshold) if task in SPANS else moments for task, moments in lists.items()}


def survivors(lists: Mapping[str, Moments], query_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Count the rows that each query has, by task whose answers are spans."""
    counted = {task: (lists[task].video >= 0).sum(dim=1).tolist() for task in SPANS if task in lists}
    return {task: dict(zip(query_ids, counts, strict=True)) for task, counts in counted.items()}


def _after_nms(moments: Moments, threshold: float) -> Moments:
    video, span, score = (field[:, :BEFORE_NMS] for field in moments)
    kept = suppress(video, span, threshold)
    order = kept.int().sort(dim=1, descending=True, stable=True).indices[:, :COUNTED]
    video = torch.where(kept, video, -1).gather(1, order)
    return Moments(video, span.gather(1, order[..., None].expand(-1, -1, 2)), score.gather(1, order))


def _ranks(
    task: str, moments: Moments, labels: Tensor, truth: Annotated, thresholds: Sequence[float]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Find the queries that count, (K,) int64, and by name what the rank (K,) of the first right row of each is."""
    if task == "VR":
        return torch.arange(len(labels)), {"": vr_ranks(moments.video, labels)}
    ranks_of = vcmr_ranks if task == "VCMR" else svmr_ranks
    return truth.query, {f"{level}-": ranks_of(moments, labels, truth, level) for level in thresholds}


def _recalls(ranks: Mapping[str, Tensor]) -> dict[str, float]:
    return {f"{name}r{k}": round(recall_at(rank, k), 2) for name, rank in ranks.items() if len(rank) for k in CUTOFFS}


def _percent(count: int, of: int) -> float:
    return round(100 * count / of, 2)
