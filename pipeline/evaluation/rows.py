"""Makes the rows of the files of a split: a query a row, or a video a row. Times are in seconds.

Test: tests/evaluation/test_split.py.
"""

from typing import Any

import torch
from torch import Tensor

from pipeline.corpus.corpus import Corpus
from pipeline.evaluation.answers import Answer
from pipeline.evaluation.localized import DECIMALS, Localized
from pipeline.evaluation.ranking import KEPT, Ranking
from pipeline.localizers.common.interface import Moments
from pipeline.models.common.interface import NO_MOMENT
from pipeline.retrieval.search import Retrieved

Row = dict[str, Any]

SPANS = 5
"""How many spans within its own video a row of rankings_*.jsonl lists."""


def query_rows(
    corpus: Corpus, ranking: Ranking, localized: Localized, answer: Answer, ious: list[float | None]
) -> list[Row]:
    """Make the rows of rankings_*.jsonl, one a query.

    ious: of the best span in each query's own video, None for a query without annotated spans. answer: the retriever's,
    whose moments are named where they are the spans that the localizer found.
    """
    own = _retrieved(corpus, ranking.own, localized.own, answer)
    top = _retrieved(corpus, ranking.top, localized.top, answer)
    rows = zip(range(len(ious)), ious, own, top, _spans(localized.svmr), strict=True)
    return [_query_row(corpus, ranking, *row) for row in rows]


def moment_rows(corpus: Corpus, moments: Tensor) -> list[Row]:
    """Make the rows of moments_*.jsonl, one a video."""
    videos = torch.arange(len(moments)).repeat_interleave(moments.shape[1])
    seconds = corpus.times.of_shares(videos, moments.flatten(0, 1)).view_as(moments).tolist()
    return [
        {"video_id": video_id, "duration": rounded(duration), "moments": [[*map(rounded, span)] for span in spans]}
        for video_id, duration, spans in zip(corpus.video_ids, corpus.durations.tolist(), seconds, strict=True)
    ]


def rounded(value: float) -> float:
    """Round a number of a file."""
    return round(value, DECIMALS)


def _spans(svmr: Moments) -> list[list[list[float]]]:
    """List the first spans of each query in its own video: start, end and score."""
    fields = (field[:, :SPANS].tolist() for field in svmr)
    return [
        [[rounded(start), rounded(end), rounded(score)] for video, (start, end), score in row if video >= 0]
        for row in (zip(*query, strict=True) for query in zip(*fields, strict=True))
    ]


def _query_row(
    corpus: Corpus,
    ranking: Ranking,
    index: int,
    iou: float | None,
    own: list[Row],
    top: list[Row],
    spans: list[list[float]],
) -> Row:
    (true_video,) = own
    return {
        "query_id": corpus.query_ids[index],
        "text": corpus.texts[index],
        "type": (corpus.types[index] or None) if corpus.types else None,
        "video_id": true_video.pop("video_id"),
        "rank": int(ranking.ranks[index]),
        "score": true_video["score"],
        "spans": [list(span) for span in corpus.spans[index]],
        "agreement": corpus.agreement[index],
        "iou": iou,
        "true_video": {**true_video, "spans": spans},
        "ranking": top[:KEPT],
    }


def _retrieved(corpus: Corpus, retrieved: Retrieved, spans: Tensor, answer: Answer) -> list[list[Row]]:
    """Make a row for every video that was retrieved, by query; `moment` is null where its span is no moment."""
    named = (spans == retrieved.seconds(corpus.times).round(decimals=DECIMALS)).all(dim=-1) & (answer.kind == "model")
    moments = torch.where(named, retrieved.moment, NO_MOMENT)
    fields = (field.tolist() for field in (retrieved.video, retrieved.score, spans, moments))
    return [
        [
            {
                "video_id": corpus.video_ids[video],
                "score": rounded(score),
                "start": rounded(start),
                "end": rounded(end),
                "moment": None if moment == NO_MOMENT else moment,
            }
            for video, score, (start, end), moment in zip(*query, strict=True)
        ]
        for query in zip(*fields, strict=True)
    ]
