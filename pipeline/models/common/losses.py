"""The training losses of the models, unweighted; `labels` (Q,) is the index of each query's video in the batch.

A video of the batch without queries counts as a negative only. Test: tests/models/test_losses.py (hand values).
"""

import torch
import torch.nn.functional as F
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


def diversity_loss(moment_masks: Tensor, alpha: float) -> Tensor:
    """How much the moments of a video overlap: mean over videos of ||alpha I - P P^T||_F^2.

    P: the masks (B, H, N), each row divided by its sum.
    """
    shares = moment_masks / moment_masks.sum(dim=-1, keepdim=True)
    overlap = shares @ shares.transpose(-2, -1)
    target = alpha * torch.eye(overlap.shape[-1], device=overlap.device)
    return (target - overlap).square().sum(dim=(1, 2)).mean()


def relevance_loss(query: Tensor, moments: Tensor, overview: Tensor, labels: Tensor, margin: float) -> Tensor:
    """The best moment of a query's video must be nearer than the whole video: a hinge on the two cosines.

    query (Q, d), moments (B, H, d), overview (B, d); mean over queries of
    max(0, margin + cos(q, overview) - max_h cos(q, moment_h)).
    """
    whole = F.cosine_similarity(query, overview[labels], dim=-1)
    best = F.cosine_similarity(query[:, None], moments[labels], dim=-1).amax(dim=1)
    return torch.relu(margin + whole - best).mean()


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


def pair_loss(scores: Tensor) -> Tensor:
    """InfoNCE of scores (Q, Q) of queries and what each found, own pairs on the diagonal.

    mean_q [lse of row q and column q together, 2 Q numbers - S_qq].
    """
    return (torch.cat([scores, scores.T], dim=1).logsumexp(dim=1) - scores.diagonal()).mean()


def query_diversity_loss(query: Tensor, labels: Tensor, alpha: float, delta: float) -> Tensor:
    """Pushes queries (Q, d) of one video apart: mean_q log(1 + sum over its others of exp(alpha (cosine + delta)))."""
    unit = F.normalize(query, dim=-1)
    exponents = alpha * (unit @ unit.T + delta)
    exponents = exponents.masked_fill(labels[:, None] != labels, torch.finfo(exponents.dtype).min)
    # A query's own place holds the 1 of the formula; as log-sum-exp the sum cannot overflow.
    exponents = exponents.masked_fill(torch.eye(len(labels), dtype=torch.bool, device=labels.device), 0.0)
    return exponents.logsumexp(dim=1).mean()
