"""The losses of AMDNet alone, unweighted: of its moments. Test: tests/models/test_amdnet.py (hand values)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def diversity_loss(moment_masks: Tensor, alpha: float) -> Tensor:
    """Punish moments of a video that overlap: the mean over videos of ||alpha I - P P^T||_F^2.

    moment_masks: (B, H, N); P is the masks of a video, each row divided by its sum.
    """
    shares = moment_masks / moment_masks.sum(dim=-1, keepdim=True)
    overlap = shares @ shares.transpose(-2, -1)
    target = alpha * torch.eye(overlap.shape[-1], device=overlap.device)
    return (target - overlap).square().sum(dim=(1, 2)).mean()


def relevance_loss(query: Tensor, moments: Tensor, overview: Tensor, labels: Tensor, margin: float) -> Tensor:
    """A hinge by which a query must be nearer to the best moment of its video than to the video as a whole.

    query: (Q, d). moments: (B, H, d). overview: (B, d), one vector for each whole video. The loss is the mean over
    queries of max(0, margin + cos(q, overview) - max_h cos(q, moment_h)).
    """
    whole = F.cosine_similarity(query, overview[labels], dim=-1)
    best = F.cosine_similarity(query[:, None], moments[labels], dim=-1).amax(dim=1)
    return torch.relu(margin + whole - best).mean()
