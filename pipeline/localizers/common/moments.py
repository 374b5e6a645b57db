"""Ranks the spans that a localizer finds, over the videos retrieved for a query or within its own one.

Test: tests/localizers/test_moments.py.
"""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.localizers.common.interface import Localizer, Moments, PairSpans
from pipeline.localizers.common.overlap import suppress
from pipeline.localizers.common.recipe import LocalizerRecipe
from pipeline.retrieval.search import Retrieved, best_first

NO_VIDEO = -1
QUERIES_AT_ONCE = 64


def localize_corpus(localizer: Localizer, retrieved: Retrieved, queries: Tensor, recipe: LocalizerRecipe) -> Moments:
    """Find the moments of Q queries in the `recipe.videos` best videos of each; the spans of all of them compete.

    retrieved: the videos found for the queries. queries: (Q,) int64, their positions in the corpus.
    """

    def parts() -> Iterable[Moments]:
        for rows in torch.arange(len(queries)).split(QUERIES_AT_ONCE):
            video, score = retrieved.video[rows, : recipe.videos], retrieved.score[rows, : recipe.videos]
            found = competing(localizer.spans(queries[rows], video), recipe)
            yield rank(video, found.span, localizer.joint(score, found.score), recipe)

    return _joined(parts())


def localize_videos(localizer: Localizer, video: Tensor, queries: Tensor, recipe: LocalizerRecipe) -> Moments:
    """Find the moments of Q queries in one video each, by the scores that spans have within a video.

    video: (Q,) int64. queries: (Q,) int64. Both are positions in the corpus.
    """

    def parts() -> Iterable[Moments]:
        for rows in torch.arange(len(queries)).split(QUERIES_AT_ONCE):
            found = localizer.spans(queries[rows], video[rows, None])
            yield rank(video[rows, None], found.span, found.score, recipe)

    return _joined(parts())


def competing(found: PairSpans, recipe: LocalizerRecipe) -> PairSpans:
    """Leave, of the spans in each video, those that compete with the spans of other videos.

    They are all of them, or the `per_video` best ones that NMS keeps within the video: a video has hundreds of spans,
    the best ones much alike, and those of one video would leave no room for others among the `before_nms` best ones.
    """
    return found if recipe.per_video is None else distinct(found, recipe.nms, recipe.per_video)


def distinct(found: PairSpans, threshold: float, most: int) -> PairSpans:
    """Keep the `most` best spans in each video, without those whose IoU with a better one is above `threshold` (NMS).

    Where fewer than `most` are left, the score of the others is -inf.
    """
    span, score = found.span.flatten(0, 1), found.score.flatten(0, 1)
    kept = suppress(torch.where(score.isneginf(), NO_VIDEO, 0), span, threshold)
    order = kept.sort(dim=1, descending=True, stable=True).indices[:, :most]
    parts = _rows(span, order), score.masked_fill(~kept, -torch.inf).gather(1, order)
    return PairSpans(*(part.unflatten(0, found.score.shape[:2]) for part in parts))


def rank(video: Tensor, span: Tensor, score: Tensor, recipe: LocalizerRecipe) -> Moments:
    """Keep the best spans of B queries: `before_nms` by their scores, of which NMS leaves `after_nms` at most.

    video: (B, K) int64. span: (B, K, P, 2) seconds. score: (B, K, P), -inf where there is no span. Returns M =
    `after_nms` spans a query; equal scores keep the order of the videos, then of the spans of a video.
    """
    best = best_first(score.flatten(1), recipe.before_nms)
    score = score.flatten(1).gather(1, best)
    video = video.gather(1, torch.div(best, span.shape[2], rounding_mode="floor"))
    video = video.masked_fill(score.isneginf(), NO_VIDEO)
    span = _rows(span.flatten(1, 2), best)
    kept = suppress(video, span, recipe.nms)
    order = kept.sort(dim=1, descending=True, stable=True).indices[:, : recipe.after_nms]
    none = ~kept.gather(1, order)
    missing = recipe.after_nms - order.shape[1]
    return Moments(
        F.pad(video.gather(1, order).masked_fill(none, NO_VIDEO), (0, missing), value=NO_VIDEO),
        F.pad(_rows(span, order).masked_fill(none[..., None], 0), (0, 0, 0, missing)),
        F.pad(score.gather(1, order).masked_fill(none, -torch.inf), (0, missing), value=-torch.inf).float(),
    )


def seen_by_nms(score: Tensor, recipe: LocalizerRecipe) -> Tensor:
    """Count the spans (B,) int64 that NMS sees of each query; score: (B, K, P), as `rank` takes it."""
    return (~score.isneginf()).flatten(1).sum(dim=1).clamp(max=recipe.before_nms)


def _rows(span: Tensor, index: Tensor) -> Tensor:
    return span.gather(1, index[..., None].expand(-1, -1, 2))


def _joined(parts: Iterable[Moments]) -> Moments:
    return Moments(*map(torch.cat, zip(*parts, strict=True)))
