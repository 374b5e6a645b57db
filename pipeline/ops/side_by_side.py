"""Encodes the parts of a batch side by side on the CPU: one thread computes a part from end to end, and its gradients.

What a part computes, and the order in which gradients are added, do not depend on the number of threads.
Test: tests/ops/test_parts.py.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.core.one_thread import by_one_thread_each
from pipeline.ops.dropout import dropout_from


def encode_parts(
    encode: Callable[..., Tensor], parts: Sequence[tuple[Tensor, ...]], parameters: Iterable[nn.Parameter]
) -> tuple[Tensor, ...]:
    """Compute `encode(*part)` for every part, in `torch.get_num_threads()` threads; results in the order of the parts.

    The parts should be in the order of their sizes, the largest last: that one is begun first. Gradients flow to the
    first tensor of each part and to `parameters`, which must hold all parameters that `encode` uses. Every part draws
    its dropout from a generator of its own, whose seed comes from torch's default generator.
    """
    sequences, more = [part[0] for part in parts], [part[1:] for part in parts]
    return _Parts.apply(encode, more, torch.is_grad_enabled(), *sequences, *parameters)


class _Parts(torch.autograd.Function):
    """Keeps the autograd graph of each part, so that a thread can compute its gradients, too."""

    @staticmethod
    def forward(
        ctx: Any, encode: Callable[..., Tensor], more: Sequence[tuple[Tensor, ...]], training: bool, *tensors: Tensor
    ) -> tuple[Tensor, ...]:
        count = len(more)
        wanted = [training and needed for needed in ctx.needs_input_grad[3:]]
        seeds = torch.randint(2**62, (count,)).tolist()

        def run(index: int) -> tuple[Tensor, Tensor]:
            part = tensors[index].detach().requires_grad_(wanted[index])
            with torch.set_grad_enabled(training), dropout_from(torch.Generator().manual_seed(seeds[index])):
                return part, encode(part, *more[index])

        parts, encoded = zip(*by_one_thread_each(run, count), strict=True)
        if training:
            ctx.graphs, ctx.inputs = list(encoded), [*parts, *tensors[count:]]
        return tuple(part.detach() for part in encoded)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        count, wanted = len(gradients), ctx.needs_input_grad[3:]
        shared = [tensor for tensor, needed in zip(ctx.inputs[count:], wanted[count:], strict=True) if needed]

        def run(index: int) -> tuple[Tensor | None, ...]:
            graph, ctx.graphs[index] = ctx.graphs[index], None  # freed as soon as it is done
            inputs = [*shared, ctx.inputs[index]] if wanted[index] else shared
            if not graph.requires_grad:
                return (None,) * len(inputs)
            return torch.autograd.grad(graph, inputs, gradients[index], allow_unused=True)

        found = by_one_thread_each(run, count)
        of_shared = iter([_sum(of_one) for of_one in zip(*(part[: len(shared)] for part in found), strict=True)])
        of_parts = [part[-1] if needed else None for part, needed in zip(found, wanted[:count], strict=True)]
        return None, None, None, *of_parts, *(next(of_shared) if needed else None for needed in wanted[count:])


def _sum(gradients: tuple[Tensor | None, ...]) -> Tensor | None:
    """Add gradients in the order of the parts, in place into the first; None where no part uses the parameter."""
    present = [gradient for gradient in gradients if gradient is not None]
    if not present:
        return None
    total, *others = present
    for gradient in others:
        total += gradient
    return total
