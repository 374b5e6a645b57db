"""The losses of PREM's retriever, unweighted (equations 7 and 8 of the paper). Test: tests/models/test_prem.py.

In a batch of B videos with all their Q queries, `labels` (Q,) int64 is the row of each query's video. `scores` (Q, B)
are cosines divided by the temperature, and so are the positives (Q,), the scores of what the queries are drawn to.
"""

import torch
from torch import Tensor

LOWEST = -1e4
"""What stands for padding where a maximum is sought: below any cosine and any unit of a vector."""


def best_clips(cosines: Tensor, chosen: Tensor) -> Tensor:
    """Compute the mean over M modalities of the largest cosine with one of the chosen clips, (M, ..., N) -> (...).

    chosen: (..., N) bool. Where no clip is chosen, the result is LOWEST.
    """
    return cosines.masked_fill(~chosen, LOWEST).amax(dim=-1).mean(dim=0)


def within_moment(mask: Tensor, moment: Tensor) -> tuple[Tensor, Tensor]:
    """Say of each query which clips of its video are in the annotated moment, and whether one is known.

    mask: (Q, N) bool, false at padding. moment: (Q, 2) int64, first and last clip, negative where there is none.
    Returns (Q, N) bool, all clips of the video where no moment is known or none of its clips is there, and (Q,) bool,
    false for these queries.
    """
    clip = torch.arange(mask.shape[1], device=mask.device)
    inside = mask & (moment[:, :1] <= clip) & (clip <= moment[:, 1:])
    known = inside.any(dim=1)
    return torch.where(known[:, None], inside, mask), known


def query_to_video_loss(positive: Tensor, scores: Tensor, labels: Tensor) -> Tensor:
    """InfoNCE of each query: its positive against all videos but its own -> (Q,)."""
    return torch.where(_own(scores, labels), positive[:, None], scores).logsumexp(dim=1) - positive


def video_to_query_loss(positive: Tensor, scores: Tensor, labels: Tensor) -> Tensor:
    """InfoNCE of each query's video: the positive against the queries of other videos -> (Q,)."""
    # Not -inf: where all queries are of one video, the gradient of logsumexp would be NaN.
    others = scores.masked_fill(_own(scores, labels), torch.finfo(scores.dtype).min).logsumexp(dim=0)
    return torch.logaddexp(positive, others[labels]) - positive


def _own(scores: Tensor, labels: Tensor) -> Tensor:
    return labels[:, None] == torch.arange(scores.shape[1], device=scores.device)
