"""The training losses of several models, unweighted; `labels` (Q,) is the index of each query's video in the batch.

A video of the batch without queries counts as a negative only. A loss of one model alone stands in its folder.
Test: tests/models/test_losses.py (hand values).
"""

import torch
from torch import Tensor


def retrieval_loss(scores: Tensor, labels: Tensor) -> Tensor:
    """InfoNCE of scores (Q, B) both ways: each query among the videos, each video's queries among all queries.

    mean_q [lse_b S - S_own] + mean_b [lse_q S - lse_{own queries} S], the second over videos that have queries.
    """
    own = labels[:, None] == torch.arange(scores.shape[1], device=scores.device)
    query_to_video = scores.logsumexp(dim=1) - torch.where(own, scores, 0.0).sum(dim=1)
    # Not -inf: a video without queries would make the gradient of logsumexp NaN.
    own_queries = scores.masked_fill(~own, torch.finfo(scores.dtype).min)
    video_to_query = scores.logsumexp(dim=0) - own_queries.logsumexp(dim=0)
    asked = own.any(dim=0)
    return query_to_video.mean() + torch.where(asked, video_to_query, 0.0).sum() / asked.sum()


def triplet_loss(scores: Tensor, labels: Tensor, margin: float, video_ranks: Tensor, query_ranks: Tensor) -> Tensor:
    """Hinge of scores (Q, B) both ways, each against one negative, given by its rank among all, 0 the hardest.

    mean_b max(0, m + S_{negative query, b} - mean of the own queries' S) + mean_q max(0, m + S_{q, negative video} -
    S_own), the first over videos that have queries. video_ranks: (B,) of the query that a video meets; query_ranks:
    (Q,) of the video that a query meets; see `draw_ranks`. Where there is no negative, the hinge is 0.
    """
    own = labels[:, None] == torch.arange(scores.shape[1], device=scores.device)
    positive = torch.where(own, scores, 0.0)
    asked = own.any(dim=0)
    video_hinge = _hinge(positive.sum(dim=0) / own.sum(dim=0).clamp(min=1), scores.T, ~own.T, margin, video_ranks)
    query_hinge = _hinge(positive.sum(dim=1), scores, ~own, margin, query_ranks)
    return torch.where(asked, video_hinge, 0.0).sum() / asked.sum() + query_hinge.mean()


def _hinge(positive: Tensor, scores: Tensor, negative: Tensor, margin: float, ranks: Tensor) -> Tensor:
    """(R,): rows of scores (R, C) with a mask of their negatives, the one of the given rank against the positive."""
    order = scores.detach().masked_fill(~negative, -torch.inf).argsort(dim=1, descending=True)
    met = scores.gather(1, order.gather(1, ranks[:, None]))[:, 0]
    return torch.where(negative.any(dim=1), torch.relu(margin + met - positive), 0.0)


def draw_ranks(negatives: Tensor, pool: int | None = None) -> Tensor:
    """(R,) ranks drawn uniformly from the negatives (R,) that each row has, or from the `pool` hardest of them."""
    if pool is not None:
        negatives = negatives.clamp(max=pool)
    return (torch.rand(len(negatives), device=negatives.device) * negatives).long()


def draw_triplets(labels: Tensor, videos: int, pool: int | None) -> tuple[Tensor, Tensor]:
    """The ranks that `triplet_loss` takes of queries with `labels` (Q,) and B = `videos`.

    pool: None in the easy phase, all negatives alike; in the hard phase a query meets one of the `pool` hardest videos,
    and a video its hardest query.
    """
    others = len(labels) - (labels[:, None] == torch.arange(videos, device=labels.device)).sum(dim=0)
    return draw_ranks(others, pool and 1), draw_ranks(torch.full_like(labels, videos - 1), pool)
