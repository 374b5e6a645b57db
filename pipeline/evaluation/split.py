"""Measures a split: its metrics, those of chance and of constant answers beside them, and the rows they come from.

Test: tests/evaluation/test_split.py.
"""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from pipeline.corpus.corpus import Corpus
from pipeline.evaluation.answers import Answer, window
from pipeline.evaluation.bootstrap import intervals
from pipeline.evaluation.constant import spans_of
from pipeline.evaluation.errors import moment_errors
from pipeline.evaluation.localized import DECIMALS, Localized
from pipeline.evaluation.moments import THRESHOLDS, Annotated, annotated, moment_metrics
from pipeline.evaluation.nms import nms_counts
from pipeline.evaluation.ranking import Ranking
from pipeline.evaluation.right_answers import retrieval_any
from pipeline.evaluation.rows import moment_rows, query_rows, rounded
from pipeline.evaluation.tasks import task_lists, task_tables
from pipeline.evaluation.vcmr import vcmr_ranks
from pipeline.localizers.common.interface import Moments
from pipeline.retrieval.metrics import chance, chance_at, recall, recall_at

CURVE_END = 100


@dataclass(frozen=True)
class SplitResult:
    """All that evaluation finds out about one split, all but the lists ready for JSON.

    metrics: what details.json says of the split: counts, metrics of retrieval, of moments and of chance, unrounded.
    rankings: the rows of rankings_*.jsonl, one a query. moments: the rows of moments_*.jsonl, one a video, in seconds.
    curve: the rows of recall.json, R@K and its chance for K = 1 to min(100, videos). lists: those of the submission,
    by task.
    """

    metrics: dict[str, Any]
    rankings: list[dict[str, Any]]
    moments: list[dict[str, Any]]
    curve: list[dict[str, Any]]
    lists: dict[str, Moments]


def measure(
    corpus: Corpus, ranking: Ranking, localized: Localized, answer: Answer, constant: tuple[float, float] | None
) -> SplitResult:
    """Measure a corpus that has at least one query.

    localized: the spans that were found. answer: which span is the retriever's own answer. constant: what
    `constant_span` found, None where train has no spans.
    """
    truth = annotated(corpus.spans, corpus.agreement)
    ious: list[float | None] = [None] * len(corpus.query_ids)
    found = truth.iou(localized.own[truth.query, 0])
    for query, iou in zip(truth.query.tolist(), found.tolist(), strict=True):
        ious[query] = rounded(iou)
    rankings = query_rows(corpus, ranking, localized, answer, ious)
    videos = len(corpus.video_ids)
    lists = task_lists(ranking, localized)
    metrics = {
        "videos": videos,
        "queries": len(corpus.query_ids),
        "missing_videos": corpus.missing_videos,
        "missing_queries": corpus.missing_queries,
        "index_bytes_per_video": round(ranking.index_bytes / videos),
        "retrieval": recall(ranking.ranks),
        **retrieval_any(corpus, ranking.any_ranks),
        "chance": chance(videos, len(corpus.query_ids)),
        "intervals": intervals(rankings),
        "queries_with_spans": len(truth.query),
        **_moment_metrics(corpus, ranking, localized, truth, answer, constant),
        "tasks": task_tables(corpus, lists, truth),
        "nms": nms_counts(localized),
        "moment_errors": moment_errors(truth, found, corpus.durations[corpus.labels[truth.query]]),
        "moment_spread": moment_spread(ranking.moments),
    }
    curve = [
        {"K": k, "R@K": rounded(recall_at(ranking.ranks, k)), "chance": rounded(chance_at(videos, k))}
        for k in range(1, min(CURVE_END, videos) + 1)
    ]
    return SplitResult(metrics, rankings, moment_rows(corpus, ranking.moments), curve, lists)


def moment_spread(moments: Tensor) -> float | None:
    """Measure how far the moments (V, H, 2), shares of the axis of clips, differ between videos.

    It is the standard deviation of a moment's start, or end, over the videos, averaged over all starts and ends; None
    for a model that learns no moments.
    """
    return moments.double().std(dim=0, correction=0).mean().item() if moments.shape[1] else None


def _moment_metrics(
    corpus: Corpus,
    ranking: Ranking,
    localized: Localized,
    truth: Annotated,
    answer: Answer,
    constant: tuple[float, float] | None,
) -> dict[str, Any]:
    """Compute the metrics of the best spans, of the retriever's answers of each kind, and of two that know nothing.

    The latter are the whole video and the constant span. A value is None where there is nothing to measure.
    """
    length, ranks = corpus.durations[corpus.labels[truth.query]], ranking.ranks[truth.query]

    def metrics_of(spans: Tensor) -> dict[str, float] | None:
        return moment_metrics(truth.iou(spans.round(decimals=DECIMALS)), ranks) if len(truth.query) else None

    by_kind = {"model": ranking.own.seconds(corpus.times)}
    if answer.width is not None:
        by_kind["window"] = window(corpus, ranking.own, answer.width)
    measured = {kind: metrics_of(spans[truth.query, 0]) for kind, spans in by_kind.items()}
    moments = metrics_of(localized.own[truth.query, 0])
    if moments:  # a localizer may rank the span of another video above those of the video that ranks first
        vcmr = {t: vcmr_ranks(localized.vcmr, corpus.labels, truth, t) for t in THRESHOLDS}
        moments |= {f"VCMR R@1 IoU={t}": recall_at(ranks_at, 1) for t, ranks_at in vcmr.items()}
    return {
        "moments": moments,
        "answers": measured,
        "whole_video": metrics_of(spans_of(0.0, 1.0, length)),
        "constant_span": constant and metrics_of(spans_of(*constant, length)),
    }
