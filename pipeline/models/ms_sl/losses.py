"""The loss of MS-SL alone, unweighted. Test: tests/models/test_ms_sl.py (hand values)."""

import torch
from torch import Tensor


def pair_loss(scores: Tensor) -> Tensor:
    """InfoNCE of pairs of a query and the vector that belongs to it, such as the frames of its video.

    scores: S (Q, Q) of every query with every vector, the pairs on the diagonal. The loss is the mean over queries of
    lse - S_qq, where lse is the logarithm of the sum of exponentials over row q and column q together, 2 Q numbers.
    """
    return (torch.cat([scores, scores.T], dim=1).logsumexp(dim=1) - scores.diagonal()).mean()
