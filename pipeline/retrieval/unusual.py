"""Says how unusual a score is among the query's scores over the corpus, because a score by itself says nothing.

Test: tests/retrieval/test_unusual.py.
"""

import torch
from torch import Tensor

NORMAL = 1.4826
"""The standard deviation of normal numbers, in median absolute deviations."""


def unusual(score: Tensor) -> Tensor:
    """Compute how far each score is above the middle of its row, in robust standard deviations -> (Q, V) float64.

    score: (Q, V), the scores of Q queries for V videos; one that is NaN is of a video that does not count, and stays
    NaN. The middle is the median, and the deviation the median absolute one, so that the few videos which answer a
    query do not hide one another. Where more than half of the scores are equal, it is 0 for all.
    """
    score = score.double()
    away = score - score.nanmedian(dim=1, keepdim=True).values
    deviation = NORMAL * away.abs().nanmedian(dim=1, keepdim=True).values
    return torch.where(deviation > 0, away / deviation, torch.where(away.isnan(), away, 0.0))
