"""Lets a localizer find the spans of a split: over the videos retrieved for a query, and in the query's own video.

Test: tests/evaluation/test_localized.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pipeline.corpus.corpus import Corpus
from pipeline.evaluation.ranking import Ranking
from pipeline.localizers.common.interface import Curve, Localizer, Moments, PairSpans
from pipeline.localizers.common.moments import QUERIES_AT_ONCE, competing, rank, seen_by_nms
from pipeline.localizers.common.recipe import LocalizerRecipe

NO_CURVE = Curve(torch.empty(0), torch.empty(0), torch.empty(0))
DECIMALS = 6
"""Of the seconds: what is measured is what the files hold."""


@dataclass(frozen=True)
class Localized:
    """The spans of the Q queries of a split, in seconds, float64, rounded to DECIMALS.

    top, own: (Q, K, 2) and (Q, 1, 2), the best span in each video of Ranking.top and Ranking.own; it is empty where the
    localizer finds none. vcmr: the spans of the best videos, which compete with one another. svmr: those of the query's
    own video. before_nms: (Q,) int64 for each of both, by task, how many spans NMS saw.
    """

    top: Tensor
    own: Tensor
    vcmr: Moments
    svmr: Moments
    before_nms: dict[str, Tensor]


def localize(localizer: Localizer, ranking: Ranking, recipe: LocalizerRecipe) -> Localized:
    """Find the spans of all queries of a ranking; `recipe.videos` of its videos compete."""
    queries, parts = torch.arange(len(ranking.ranks)), []
    for rows in queries.split(QUERIES_AT_ONCE):
        video, own_video = ranking.top.video[rows], ranking.own.video[rows]
        found, own = localizer.spans(rows, video), localizer.spans(rows, own_video)
        few = slice(recipe.videos)
        rivals = competing(PairSpans(found.span[:, few], found.score[:, few]), recipe)
        joint = localizer.joint(ranking.top.score[rows, few], rivals.score)
        vcmr = rank(video[:, few], rivals.span, joint, recipe)
        svmr = rank(own_video, own.span, own.score, recipe)
        seen = seen_by_nms(joint, recipe), seen_by_nms(own.score, recipe)
        parts.append((_best(found), _best(own), vcmr, svmr, *seen))
    tops, owns, vcmrs, svmrs, *seen_of = zip(*parts, strict=True)
    lists = (Moments(*map(torch.cat, zip(*moments, strict=True))) for moments in (vcmrs, svmrs))
    vcmr, svmr = (moments._replace(span=moments.span.round(decimals=DECIMALS)) for moments in lists)
    before_nms = dict(zip(("VCMR", "SVMR"), map(torch.cat, seen_of), strict=True))
    return Localized(torch.cat(tops), torch.cat(owns), vcmr, svmr, before_nms)


def _best(found: PairSpans) -> Tensor:
    best = found.span[:, :, 0].masked_fill(found.score[:, :, :1].isneginf(), 0.0)
    return best.round(decimals=DECIMALS)


def curve_rows(localizer: Localizer, corpus: Corpus) -> Iterator[dict[str, Any]]:
    """Yield the rows of boundaries_*.jsonl: the localizer's curves for each query in its own video.

    The lists of a row are empty where the localizer has no curves; DVC warns of files without a row.
    """
    for rows in torch.arange(len(corpus.query_ids)).split(QUERIES_AT_ONCE):
        curves = localizer.curves(rows, corpus.labels[rows])
        for row, curve in zip(rows.tolist(), curves or [NO_CURVE] * len(rows), strict=True):
            fields = {name: field.double().round(decimals=DECIMALS).tolist() for name, field in curve._asdict().items()}
            yield {"query_id": corpus.query_ids[row], **fields}
