"""The loss of GMMFormer alone, unweighted. Test: tests/models/test_gmmformer.py (hand values)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def query_diversity_loss(query: Tensor, labels: Tensor, alpha: float, delta: float) -> Tensor:
    """Push the queries (Q, d) of a video apart: mean_q log(1 + sum_o exp(alpha (cos(q, o) + delta))).

    The sum is over the other queries o of the same video.
    """
    unit = F.normalize(query, dim=-1)
    exponents = alpha * (unit @ unit.T + delta)
    exponents = exponents.masked_fill(labels[:, None] != labels, torch.finfo(exponents.dtype).min)
    # A query's own place holds the 1 of the formula; as log-sum-exp the sum cannot overflow.
    exponents = exponents.masked_fill(torch.eye(len(labels), dtype=torch.bool, device=labels.device), 0.0)
    return exponents.logsumexp(dim=1).mean()
