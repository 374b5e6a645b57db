"""The training losses of AMDNet, unweighted; `labels` (Q,) is the index of each query's video in the batch.

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
