"""Runs a backbone on the CPU or on a GPU, as fast as is possible without changing its features.

On the CPU a network of convolutions is traced and frozen. oneDNN then keeps weights and activations in its blocked
layout and fuses each ReLU into its convolution, which halves the time. The features equal those of the plain network to
1e-6 in float32. (TorchScript is deprecated, but `torch.compile` needs a C++ compiler on the user's machine.) A
Transformer runs as it is, since tracing makes it no faster.

Features on one kind of CPU are the same to the bit in every call, and for every number of threads: threads do not share
the sums of a convolution (only ResNet-152's rows were seen to differ, by 1e-7, from 12 threads on and on one of two
CPUs), but those of a Transformer's matrix products, so each thread computes units of its own there. CPUs whose vectors
are of other lengths (AVX2, AVX-512) round otherwise.

On a GPU the network runs as it is, in channels-last order, while the next batch is copied to the GPU.
Test: tests/backbones/test_encoder.py.
"""

from collections import deque
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.core import runtime
from pipeline.core.errors import PipelineError
from pipeline.core.one_thread import by_one_thread_each

BATCHES_IN_FLIGHT = 2
UNITS_OF_A_THREAD = 2
"""How many units of a batch one thread computes at a time, where the model is a Transformer."""
EXAMPLE_SIDE = 32
"""The side, in pixels, of the example that a network is traced with; it then takes pictures of every size."""


class Encoder:
    """Calls `model` on its device: (B, ...) uint8 in host memory -> (B, D) float32 on the device.

    example: what a network of convolutions is traced with on the CPU, None for a Transformer. A GPU may still be
    computing the rows when the call returns. Raises PipelineError, which names the parameter `<stream>.precision`, for
    bfloat16 on the CPU, where some convolutions in bfloat16 crash the process.
    """

    def __init__(self, model: nn.Module, example: Tensor | None, precision: str, stream: str):
        self._device = runtime.device()
        self._half = precision == "bfloat16"
        if self._half and self._device.type == "cpu":
            raise PipelineError(
                f"`{stream}.precision: bfloat16` needs a GPU",
                where="params.yaml",
                fix=f"set `{stream}.precision: float32`, or run where AMDNET_DEVICE can be `cuda`",
            )
        self._transformer = example is None
        if self._device.type == "cpu":
            self._model: nn.Module = model.eval() if example is None else _frozen(model.eval(), example)
        else:
            self._model = model.eval().to(self._device)
            self._copies = torch.cuda.Stream(self._device)
            self._running: deque[torch.cuda.Event] = deque()

    @torch.inference_mode()
    def __call__(self, units: Tensor) -> Tensor:
        if self._device.type != "cpu":
            return self._on_gpu(units)
        return self._in_parts(units) if self._transformer else self._model(units)

    def _in_parts(self, units: Tensor) -> Tensor:
        parts = units.split(UNITS_OF_A_THREAD)

        def rows(number: int) -> Tensor:
            with torch.inference_mode():  # which is each thread's own
                return self._model(parts[number])

        return torch.cat(by_one_thread_each(rows, len(parts)))

    def _on_gpu(self, units: Tensor) -> Tensor:
        if len(self._running) == BATCHES_IN_FLIGHT:
            self._running.popleft().synchronize()
        with torch.cuda.stream(self._copies):
            copied = units.to(self._device, non_blocking=True)
        computing = torch.cuda.current_stream(self._device)
        computing.wait_stream(self._copies)
        copied.record_stream(computing)
        rows = run(self._model, copied, self._half)
        self._running.append(computing.record_event())
        return rows


def run(model: nn.Module, units: Tensor, half: bool) -> Tensor:
    """Return `model(units)`, computed with convolutions in bfloat16 where `half`, else in float32.

    cuDNN would compute float32 convolutions in TF32, which keeps 10 of their 23 bits; that is switched off.
    """
    exact = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
    with exact, torch.autocast(units.device.type, torch.bfloat16, enabled=half):
        return model(units)


def batch_of(units: Sequence[np.ndarray]) -> Tensor:
    """Stack uint8 units of equal shapes to (B, ...).

    Where the model is on a GPU the batch is page-locked, so that the model need not wait for the copy.
    """
    pinned = runtime.device().type == "cuda"
    batch = torch.empty((len(units), *units[0].shape), dtype=torch.uint8, pin_memory=pinned)
    np.stack(units, out=batch.numpy())
    return batch


class Float32(nn.Module):
    """Converts a tensor, or a list of tensors, to float32.

    It stands before a pooling layer, so that means are not rounded to bfloat16.
    """

    def forward(self, maps):
        return [each.float() for each in maps] if isinstance(maps, list) else maps.float()


@torch.inference_mode()
def _frozen(model: nn.Module, example: Tensor) -> torch.jit.ScriptModule:
    return torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, example, check_trace=False)))
