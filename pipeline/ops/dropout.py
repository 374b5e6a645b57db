"""`nn.Dropout` on the CPU with a quarter of the random numbers: one number of 64 bits decides about four elements.

torch draws one number for each element. So for the same seed this drops other elements than torch does. The probability
is the same, rounded to a multiple of 1 / 65536; the elements that are kept are scaled by the rounded probability, so
that the mean does not change.
Test: tests/ops/test_dropout.py.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from pipeline.core.runtime import fast_cpu

DECISIONS = 1 << 16  # values of the 16 bits that decide about one element


class Dropout(nn.Dropout):
    """nn.Dropout, which in training multiplies float32 tensors on the CPU by `dropout_factors`."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop elements of a tensor of any shape; the result has the same shape."""
        drops = self.training and not self.inplace and 0 < round(self.p * DECISIONS) < DECISIONS
        if not (drops and input.is_cpu and input.dtype == torch.float32 and fast_cpu()):
            return super().forward(input)
        return input * dropout_factors(input.shape, self.p)


class _Source(threading.local):
    generator: torch.Generator | None = None  # torch's default one


_source = _Source()


@contextmanager
def dropout_from(generator: torch.Generator) -> Iterator[None]:
    """Let the dropout of this thread draw from `generator`, independently of other threads."""
    _source.generator = generator
    try:
        yield
    finally:
        _source.generator = None


def dropout_factors(shape: torch.Size, p: float) -> Tensor:
    """Draw the factors that dropout multiplies by, float32 on the CPU: 0 with probability `p`, else 1 / (1 - p)."""
    dropped = round(p * DECISIONS)
    numbers = torch.empty(-(-shape.numel() // 4), dtype=torch.int64)
    numbers.random_(-(2**63), None, generator=_source.generator)
    decisions = numbers.view(torch.int16)[: shape.numel()].view(shape)
    factors = torch.ge(decisions, dropped - DECISIONS // 2, out=torch.empty(shape))
    return factors.mul_(DECISIONS / (DECISIONS - dropped))
