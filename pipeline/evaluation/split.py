"""Evaluate a model on one split: its metrics with what chance gives, and the rankings they come from.

Test: tests/evaluation/test_split.py.
"""

from dataclasses import dataclass
from typing import Any

import torch

from pipeline.evaluation.moments import agreed_iou, moment_metrics
from pipeline.evaluation.rank import Ranking, Retrieved, rank_corpus
from pipeline.evaluation.retrieval import chance, chance_at, recall, recall_at
from pipeline.features.corpus import Corpus
from pipeline.models.interface import NO_MOMENT, RetrievalModel

CURVE_END = 100
DECIMALS = 6


@dataclass(frozen=True)
class SplitResult:
    """What is known of one split after evaluation, ready for JSON.

    metrics: counts, retrieval, chance and moment metrics, unrounded; rankings: one row a query; moments: one row a
    video, its moments in seconds; curve: R@K and its chance for K = 1 to min(100, videos).
    """

    metrics: dict[str, Any]
    rankings: list[dict[str, Any]]
    moments: list[dict[str, Any]]
    curve: list[dict[str, Any]]


def evaluate_split(model: RetrievalModel, corpus: Corpus, device: torch.device) -> SplitResult:
    """Rank the corpus for its queries (at least one) and measure it. Raises PipelineError for scores that are NaN."""
    ranking = rank_corpus(model, corpus, device)
    rankings = [_query_row(corpus, ranking, index) for index in range(len(corpus.query_ids))]
    videos = len(corpus.video_ids)
    metrics = {
        "videos": videos,
        "queries": len(corpus.query_ids),
        "missing_videos": corpus.missing_videos,
        "missing_queries": corpus.missing_queries,
        "index_bytes_per_video": round(ranking.index_bytes / videos),
        "retrieval": recall(ranking.ranks),
        "chance": chance(videos, len(corpus.query_ids)),
        **_moment_metrics(corpus, rankings),
    }
    durations = [float(duration) for duration in corpus.durations]
    moments = [
        {"video_id": video_id, "duration": _rounded(duration), "moments": [_seconds(span, duration) for span in spans]}
        for video_id, duration, spans in zip(corpus.video_ids, durations, ranking.moments.tolist(), strict=True)
    ]
    curve = [
        {"K": k, "R@K": _rounded(recall_at(ranking.ranks, k)), "chance": _rounded(chance_at(videos, k))}
        for k in range(1, min(CURVE_END, videos) + 1)
    ]
    return SplitResult(metrics, rankings, moments, curve)


def _query_row(corpus: Corpus, ranking: Ranking, index: int) -> dict[str, Any]:
    """One line of rankings_*.jsonl; `iou` is null where the query has no annotated span."""
    own = _retrieved(corpus, ranking.own, index)[0]
    spans = [list(span) for span in corpus.spans[index]]
    row = {
        "query_id": corpus.query_ids[index],
        "text": corpus.texts[index],
        "video_id": own.pop("video_id"),
        "rank": int(ranking.ranks[index]),
        "score": own["score"],
        "spans": spans,
        "agreement": corpus.agreement[index],
        "iou": None,
        "true_video": own,
        "ranking": _retrieved(corpus, ranking.top, index),
    }
    if spans:
        row["iou"] = _rounded(agreed_iou((own["start"], own["end"]), spans, corpus.agreement[index]))
    return row


def _retrieved(corpus: Corpus, retrieved: Retrieved, index: int) -> list[dict[str, Any]]:
    rows = []
    for video, score, moment, span in zip(*(field[index].tolist() for field in retrieved), strict=True):
        start, end = _seconds(span, float(corpus.durations[video]))
        found = {"video_id": corpus.video_ids[video], "score": _rounded(score)}
        rows.append({**found, "start": start, "end": end, "moment": None if moment == NO_MOMENT else moment})
    return rows


def _moment_metrics(corpus: Corpus, rankings: list[dict[str, Any]]) -> dict[str, Any]:
    """Moment metrics of the model, and of a guess that knows nothing: the whole video as the span."""
    counted = [index for index, row in enumerate(rankings) if row["spans"]]
    metrics = {"queries_with_spans": len(counted), "moments": None, "whole_video": None}
    if counted:
        ranks = [rankings[index]["rank"] for index in counted]
        durations = [float(corpus.durations[corpus.labels[index]]) for index in counted]
        whole = [
            agreed_iou((0.0, duration), corpus.spans[index], corpus.agreement[index])
            for index, duration in zip(counted, durations, strict=True)
        ]
        metrics["moments"] = moment_metrics([rankings[index]["iou"] for index in counted], ranks)
        metrics["whole_video"] = moment_metrics(whole, ranks)
    return metrics


def _seconds(span: list[float], duration: float) -> list[float]:
    """A span given as shares of the video, in seconds."""
    return [_rounded(edge * duration) for edge in span]


def _rounded(value: float) -> float:
    return round(value, DECIMALS)
