"""The training losses of the models, unweighted, for batches of B videos and Q queries.

`labels` (Q,) int64 is everywhere the row of each query's video in the batch. A video without queries in the batch is a
negative for all queries, and nothing else. Test: tests/models/test_losses.py (hand values).
"""

import torch
from torch import Tensor


def retrieval_loss(scores: Tensor, labels: Tensor) -> Tensor:
    """InfoNCE in both directions: a query must find its video among all, and a video its queries among all.

    scores: S (Q, B). The loss is mean_q [lse_b S - S_own] + mean_b [lse_q S - lse_{own queries} S], where lse is the
    logarithm of the sum of exponentials, and the second mean is over the videos that have queries.
    """
    own = labels[:, None] == torch.arange(scores.shape[1], device=scores.device)
    query_to_video = scores.logsumexp(dim=1) - torch.where(own, scores, 0.0).sum(dim=1)
    # Not -inf: a video without queries would make the gradient of logsumexp NaN.
    own_queries = scores.masked_fill(~own, torch.finfo(scores.dtype).min)
    video_to_query = scores.logsumexp(dim=0) - own_queries.logsumexp(dim=0)
    asked = own.any(dim=0)
    return query_to_video.mean() + torch.where(asked, video_to_query, 0.0).sum() / asked.sum()


def triplet_loss(scores: Tensor, labels: Tensor, margin: float, video_ranks: Tensor, query_ranks: Tensor) -> Tensor:
    """A hinge in both directions, in which each video meets one negative query and each query one negative video.

    scores: S (Q, B). The loss is mean_b max(0, m + S_{negative query, b} - mean of the own queries' S) + mean_q max(0,
    m + S_{q, negative video} - S_own), where m is the margin and the first mean is over the videos that have queries.
    video_ranks: (B,) int64, which of its negatives a video meets: 0 is the one with the highest score. query_ranks:
    (Q,), the same for queries; `draw_triplets` draws both. Where there is no negative, the hinge is 0.
    """
    own = labels[:, None] == torch.arange(scores.shape[1], device=scores.device)
    positive = torch.where(own, scores, 0.0)
    asked = own.any(dim=0)
    video_hinge = _hinge(positive.sum(dim=0) / own.sum(dim=0).clamp(min=1), scores.T, ~own.T, margin, video_ranks)
    query_hinge = _hinge(positive.sum(dim=1), scores, ~own, margin, query_ranks)
    return torch.where(asked, video_hinge, 0.0).sum() / asked.sum() + query_hinge.mean()


def _hinge(positive: Tensor, scores: Tensor, negative: Tensor, margin: float, ranks: Tensor) -> Tensor:
    """The hinge (R,) of each row of scores (R, C) between its positive and its negative of the given rank."""
    order = scores.detach().masked_fill(~negative, -torch.inf).argsort(dim=1, descending=True)
    met = scores.gather(1, order.gather(1, ranks[:, None]))[:, 0]
    return torch.where(negative.any(dim=1), torch.relu(margin + met - positive), 0.0)


def draw_ranks(negatives: Tensor, pool: int | None = None) -> Tensor:
    """Draw for each row a rank (R,) among its negatives, uniformly from all of them or from the `pool` hardest.

    negatives: (R,) how many each row has.
    """
    if pool is not None:
        negatives = negatives.clamp(max=pool)
    return (torch.rand(len(negatives), device=negatives.device) * negatives).long()


def draw_triplets(labels: Tensor, videos: int, pool: int | None) -> tuple[Tensor, Tensor]:
    """Draw the ranks that `triplet_loss` takes, (B,) for videos and (Q,) for queries, in a batch of B = `videos`.

    pool: None for random negatives, as in the first epochs; else a query meets one of the `pool` hardest videos, and a
    video its hardest query.
    """
    others = len(labels) - (labels[:, None] == torch.arange(videos, device=labels.device)).sum(dim=0)
    return draw_ranks(others, pool and 1), draw_ranks(torch.full_like(labels, videos - 1), pool)
