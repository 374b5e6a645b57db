"""Says how unusual a score is among the query's scores over the corpus, because a score by itself says nothing.

Test: tests/retrieval/test_unusual.py.
"""

import torch
from torch import Tensor

NORMAL = 1.4826
"""The standard deviation of normal numbers, in median absolute deviations."""


def unusual(score: Tensor, among: Tensor) -> Tensor:
    """Compute how far each score (Q, K) is above the middle of the scores (Q, V), in robust deviations, float64.

    score: of some videos for Q queries. among: of all videos of the corpus, or of a sample. The middle is the median,
    and the deviation the median absolute one, so that the few videos which answer a query do not hide one another.
    Where more than half of the scores are equal, it is 0.
    """
    among = among.double()
    middle = among.median(dim=1, keepdim=True).values
    deviation = NORMAL * (among - middle).abs().median(dim=1, keepdim=True).values
    return torch.where(deviation > 0, (score.double() - middle) / deviation, 0.0)
