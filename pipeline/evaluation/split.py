"""Measures a split: its metrics, those of chance and of constant answers beside them, and the rows they come from.

Test: tests/evaluation/test_split.py.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pipeline.corpus.corpus import Corpus
from pipeline.evaluation.answers import Answer, window
from pipeline.evaluation.bootstrap import intervals
from pipeline.evaluation.constant import spans_of
from pipeline.evaluation.moments import Annotated, annotated, moment_metrics
from pipeline.evaluation.ranking import Ranking
from pipeline.evaluation.right_answers import retrieval_any
from pipeline.models.common.interface import NO_MOMENT
from pipeline.retrieval.metrics import chance, chance_at, recall, recall_at
from pipeline.retrieval.search import Retrieved

Row = dict[str, Any]

CURVE_END = 100
DECIMALS = 6


@dataclass(frozen=True)
class SplitResult:
    """All that evaluation finds out about one split, ready for JSON.

    metrics: what details.json says of the split: counts, metrics of retrieval, of moments and of chance, unrounded.
    rankings: the rows of rankings_*.jsonl, one a query. moments: the rows of moments_*.jsonl, one a video, in seconds.
    curve: the rows of recall.json, R@K and its chance for K = 1 to min(100, videos).
    """

    metrics: dict[str, Any]
    rankings: list[dict[str, Any]]
    moments: list[dict[str, Any]]
    curve: list[dict[str, Any]]


def measure(corpus: Corpus, ranking: Ranking, answer: Answer, constant: tuple[float, float] | None) -> SplitResult:
    """Measure a corpus that has at least one query.

    answer: which span is the answer. constant: what `constant_span` found, None where train has no spans.
    """
    truth = annotated(corpus.spans, corpus.agreement)
    own, top = (answer.spans(corpus, found).round(decimals=DECIMALS) for found in (ranking.own, ranking.top))
    ious: list[float | None] = [None] * len(corpus.query_ids)
    for query, iou in zip(truth.query.tolist(), truth.iou(own[truth.query, 0]).tolist(), strict=True):
        ious[query] = _rounded(iou)
    own_rows, top_rows = _retrieved(corpus, ranking.own, own, answer), _retrieved(corpus, ranking.top, top, answer)
    rows = zip(range(len(ious)), ious, own_rows, top_rows, strict=True)
    rankings = [_query_row(corpus, ranking, *row) for row in rows]
    videos = len(corpus.video_ids)
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
        **_moment_metrics(corpus, ranking, truth, answer, constant),
        "moment_spread": moment_spread(ranking.moments),
    }
    curve = [
        {"K": k, "R@K": _rounded(recall_at(ranking.ranks, k)), "chance": _rounded(chance_at(videos, k))}
        for k in range(1, min(CURVE_END, videos) + 1)
    ]
    return SplitResult(metrics, rankings, _moment_rows(corpus, ranking.moments), curve)


def moment_spread(moments: Tensor) -> float | None:
    """Measure how far the moments (V, H, 2), shares of the axis of clips, differ between videos.

    It is the standard deviation of a moment's start, or end, over the videos, averaged over all starts and ends; None
    for a model that learns no moments.
    """
    return moments.double().std(dim=0, correction=0).mean().item() if moments.shape[1] else None


def _moment_metrics(
    corpus: Corpus, ranking: Ranking, truth: Annotated, answer: Answer, constant: tuple[float, float] | None
) -> dict[str, Any]:
    """Compute the moment metrics of the answer, of each kind of answer, and of two spans that know nothing.

    The latter are the whole video and the constant span. A value is None where there is nothing to measure.
    """
    length, ranks = corpus.durations[corpus.labels[truth.query]], ranking.ranks[truth.query]

    def metrics_of(spans: Tensor) -> dict[str, float] | None:
        return moment_metrics(truth.iou(spans.round(decimals=DECIMALS)), ranks) if len(truth.query) else None

    by_kind = {"model": ranking.own.seconds(corpus.times)}
    if answer.width is not None:
        by_kind["window"] = window(corpus, ranking.own, answer.width)
    measured = {kind: metrics_of(spans[truth.query, 0]) for kind, spans in by_kind.items()}
    return {
        "moments": measured[answer.kind],
        "answers": measured,
        "whole_video": metrics_of(spans_of(0.0, 1.0, length)),
        "constant_span": constant and metrics_of(spans_of(*constant, length)),
    }


def _query_row(
    corpus: Corpus, ranking: Ranking, index: int, iou: float | None, own: list[Row], top: list[Row]
) -> dict[str, Any]:
    """Make the row of rankings_*.jsonl for a query; `iou` is null where the query has no annotated span."""
    (true_video,) = own
    return {
        "query_id": corpus.query_ids[index],
        "text": corpus.texts[index],
        "video_id": true_video.pop("video_id"),
        "rank": int(ranking.ranks[index]),
        "score": true_video["score"],
        "spans": [list(span) for span in corpus.spans[index]],
        "agreement": corpus.agreement[index],
        "iou": iou,
        "true_video": true_video,
        "ranking": top,
    }


def _retrieved(corpus: Corpus, retrieved: Retrieved, spans: Tensor, answer: Answer) -> list[list[Row]]:
    """Make a row for every video that was retrieved, by query; `moment` is null where the answer is no moment."""
    moments = torch.full_like(retrieved.moment, NO_MOMENT) if answer.kind == "window" else retrieved.moment
    fields = (field.tolist() for field in (retrieved.video, retrieved.score, spans, moments))
    return [
        [
            {
                "video_id": corpus.video_ids[video],
                "score": _rounded(score),
                "start": _rounded(start),
                "end": _rounded(end),
                "moment": None if moment == NO_MOMENT else moment,
            }
            for video, score, (start, end), moment in zip(*query, strict=True)
        ]
        for query in zip(*fields, strict=True)
    ]


def _moment_rows(corpus: Corpus, moments: Tensor) -> list[dict[str, Any]]:
    """Make the rows of moments_*.jsonl, one a video."""
    videos = torch.arange(len(moments)).repeat_interleave(moments.shape[1])
    seconds = corpus.times.of_shares(videos, moments.flatten(0, 1)).view_as(moments).tolist()
    return [
        {"video_id": video_id, "duration": _rounded(duration), "moments": [[*map(_rounded, span)] for span in spans]}
        for video_id, duration, spans in zip(corpus.video_ids, corpus.durations.tolist(), seconds, strict=True)
    ]


def _rounded(value: float) -> float:
    return round(value, DECIMALS)
