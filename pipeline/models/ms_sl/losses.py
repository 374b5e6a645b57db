"""The loss of MS-SL alone, unweighted. Test: tests/models/test_ms_sl.py (hand values)."""

import torch
from torch import Tensor


def pair_loss(scores: Tensor) -> Tensor:
    """InfoNCE of scores (Q, Q) of queries and what each found, own pairs on the diagonal.

    mean_q [lse of row q and column q together, 2 Q numbers - S_qq].
    """
    return (torch.cat([scores, scores.T], dim=1).logsumexp(dim=1) - scores.diagonal()).mean()
