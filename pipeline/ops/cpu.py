"""Linear maps and dropout that are fast on a CPU, and the same mathematics; elsewhere they are torch's own.

torch hands matrix products to MKL, which keeps to AVX2 on CPUs that are not Intel's; oneDNN uses what the CPU has.
torch draws dropout one number an element; here one 64-bit number decides four.
Tests: tests/ops/test_cpu.py; figures: benchmarks/README.md.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DECISIONS = 1 << 16  # values of the 16 bits that decide about one element


class Linear(nn.Linear):
    """nn.Linear; on the CPU in float32 through oneDNN, forwards and backwards."""

    def forward(self, features: Tensor) -> Tensor:
        """(..., D) -> (..., d)."""
        return linear(features, self.weight, self.bias)


def linear(features: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """(..., D) through weight (d, D) and bias (d,) -> (..., d)."""
    if features.is_cpu and features.dtype == weight.dtype == torch.float32 and torch.backends.mkldnn.is_available():
        return _Linear.apply(features.flatten(0, -2), weight, bias).view(*features.shape[:-1], len(weight))
    return F.linear(features, weight, bias)


class _Linear(torch.autograd.Function):
    """Rows (R, D) through weight (d, D) and bias (d,), the three products of it and its gradients by oneDNN."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(rows, weight)
        return _product(rows, weight, bias)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        rows, weight = ctx.saved_tensors
        wanted = ctx.needs_input_grad
        return (
            _product(gradient, weight.T) if wanted[0] else None,
            _product(gradient.T, rows.T) if wanted[1] else None,
            gradient.sum(dim=0) if wanted[2] else None,
        )


def _product(rows: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(rows, weight, bias, "none", [], "")


class Dropout(nn.Module):
    """nn.Dropout; on the CPU the share `p` that is dropped is rounded to 1 / 65536, and the rest scaled by that."""

    def __init__(self, p: float):
        super().__init__()
        self.p = p

    def forward(self, features: Tensor) -> Tensor:
        """Any shape."""
        if not (features.is_cpu and features.dtype == torch.float32 and self.training and self.p):
            return F.dropout(features, self.p, self.training)
        return features * dropout_factors(features.shape, self.p)


class _Source(threading.local):
    generator: torch.Generator | None = None  # torch's default one


_source = _Source()


@contextmanager
def dropout_from(generator: torch.Generator) -> Iterator[None]:
    """This thread draws its dropout from `generator`, whatever other threads draw."""
    _source.generator = generator
    try:
        yield
    finally:
        _source.generator = None


def dropout_factors(shape: torch.Size, p: float) -> Tensor:
    """What dropout multiplies by, float32 on the CPU: 0 with probability `p`, else 1 / (1 - p)."""
    dropped = round(p * DECISIONS)
    numbers = torch.empty(-(-shape.numel() // 4), dtype=torch.int64)
    numbers.random_(-(2**63), None, generator=_source.generator)
    decisions = numbers.view(torch.int16)[: shape.numel()].view(shape)
    factors = torch.ge(decisions, dropped - DECISIONS // 2, out=torch.empty(shape))
    return factors.mul_(DECISIONS / (DECISIONS - dropped))
