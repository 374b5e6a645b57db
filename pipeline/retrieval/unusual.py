"""Says how unusual a score is among the query's scores over the corpus, because a score by itself says nothing.

Test: tests/retrieval/test_unusual.py.
"""

import math

import torch
from torch import Tensor

NORMAL = 1.4826
"""The standard deviation of normal numbers, in median absolute deviations."""
FEWEST = 10
"""How many videos a corpus must have for its middle to say something."""


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


def chance_of_best(value: Tensor, videos: Tensor | int) -> Tensor:
    """Compute how probable it is that the best of `videos` videos which do not answer is as unusual as `value`.

    It is what holds for normal scores, so no more than a measure that does not grow with the size of the corpus, as the
    best value of more and more videos does.
    """
    return -torch.expm1(torch.as_tensor(videos) * torch.special.log_ndtr(value.double()))


def least_unusual(chance: float, videos: int) -> float:
    """Compute the value whose `chance_of_best` among so many videos is `chance`, between 0 and 1."""
    return float(torch.special.ndtri(torch.tensor(math.exp(math.log1p(-chance) / videos), dtype=torch.float64)))
