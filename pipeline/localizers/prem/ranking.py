"""The scores of spans, within a video and among all videos. Test: tests/localizers/test_prem_ranking.py."""

import torch
from torch import Tensor

from pipeline.localizers.common.interface import Boundaries
from pipeline.localizers.common.spans import ClipSpans, best_spans
from pipeline.localizers.prem.recipe import PremLocalizerRecipe


def spans_of(boundaries: Boundaries, mask: Tensor, recipe: PremLocalizerRecipe) -> ClipSpans:
    """Find the `before_nms` best spans of P pairs within the limits of their length.

    mask: (P, L) bool, false at padding. The score is the sum of the logits of start and end, with `fusion:
    per_video_softmax` the product of their probabilities within the video. With `overlap` it is how far the likely
    spans overlap with a span, by these sums or, with `per_video_softmax`, by these products.
    """
    limits = (recipe.min_clips, recipe.max_clips, recipe.before_nms)
    if recipe.fusion == "logit_sum":
        return best_spans(*boundaries, mask, *limits, recipe.overlap)
    start, end = (logits.double().log_softmax(dim=1) for logits in boundaries)
    clips, score = best_spans(start, end, mask, *limits, recipe.overlap)
    return ClipSpans(clips, torch.where(score.isneginf(), score, score.exp()).float())


def joint(retrieval: Tensor, score: Tensor, recipe: PremLocalizerRecipe) -> Tensor:
    """Combine scores of videos (B, K) and of their spans (B, K, P) to scores that rank spans of all videos.

    A score of -inf, where there is no span, stays as it is. With `fusion: per_video_softmax` the score of a video is
    divided by those of its spans where it is negative, so that a better span is above a worse one there too.
    """
    video = retrieval[..., None]
    if recipe.fusion == "logit_sum":
        return video / recipe.temperature + score
    return torch.where(score.isneginf(), score, torch.where(video < 0, video / score, video * score))
