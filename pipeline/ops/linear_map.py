"""`F.linear` and `nn.Linear`, computed by the library oneDNN on the CPU.

torch lets the library MKL compute float32 products, and MKL uses AVX2 at most on CPUs that are not Intel's; oneDNN uses
the widest instructions that the CPU has. The results equal torch's but for the rounding of float32. There are no second
derivatives.
Test: tests/ops/test_linear_map.py.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.runtime import fast_cpu


class Linear(nn.Linear):
    """nn.Linear, which calls the `linear` of this module instead of F.linear."""

    def forward(self, input: Tensor) -> Tensor:
        """Map features (..., D) -> (..., d)."""
        return linear(input, self.weight, self.bias)


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Compute what F.linear does: input (..., D) times the transpose of weight (d, D), plus bias (d,) -> (..., d)."""
    rows = input.is_cpu and input.dtype == weight.dtype == torch.float32 and input.dim() > 1 and input.numel() > 0
    if not (rows and fast_cpu() and torch.backends.mkldnn.is_available()) or torch.is_autocast_enabled("cpu"):
        return F.linear(input, weight, bias)
    return _Linear.apply(input.flatten(0, -2), weight, bias).view(*input.shape[:-1], len(weight))


class _Linear(torch.autograd.Function):
    """F.linear of rows (R, D), weight (d, D) and bias (d,); oneDNN computes the product, and both for the gradients."""

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
