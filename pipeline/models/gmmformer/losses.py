"""The loss of GMMFormer alone, unweighted. Test: tests/models/test_gmmformer.py (hand values)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def query_diversity_loss(query: Tensor, labels: Tensor, alpha: float, delta: float) -> Tensor:
    """Pushes queries (Q, d) of one video apart: mean_q log(1 + sum over its others of exp(alpha (cosine + delta))).

    labels (Q,): each query's video in the batch.
    """
    unit = F.normalize(query, dim=-1)
    exponents = alpha * (unit @ unit.T + delta)
    exponents = exponents.masked_fill(labels[:, None] != labels, torch.finfo(exponents.dtype).min)
    # A query's own place holds the 1 of the formula; as log-sum-exp the sum cannot overflow.
    exponents = exponents.masked_fill(torch.eye(len(labels), dtype=torch.bool, device=labels.device), 0.0)
    return exponents.logsumexp(dim=1).mean()
