"""BertAdam: the Adam that the PRVR models were published with, and its schedule.

It differs from torch's AdamW: no bias correction, the decay joins the update before the rate, each tensor's gradient is
clipped by its own norm, and the rate rises linearly, then falls linearly to 0. Nothing in a step waits for the device.
Test: tests/training/test_bert_adam.py (against the authors' numbers).
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-6
CLIP_NORM = 1.0


def schedule(step: int, total_steps: int, warmup: float) -> float:
    """The factor of the learning rate at a step, counted from 0: linear from 0 to 1, then linear back to 0.

    warmup: share of `total_steps` that rises, in [0, 1).
    """
    progress = step / total_steps
    return progress / warmup if progress < warmup else max((1.0 - progress) / (1.0 - warmup), 0.0)


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Parameter groups by module type: all decay (position tables too) but biases and LayerNorm."""
    decayed: list[nn.Parameter] = []
    kept: list[nn.Parameter] = []
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            (kept if name == "bias" or isinstance(module, nn.LayerNorm) else decayed).append(parameter)
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": kept, "weight_decay": 0.0}]


class BertAdam:
    """The optimiser over the groups of `decay_groups`; every parameter must have a gradient at each step.

    learning_rate: the largest; `rate` is the one that the next step uses. No torch.optim.Optimizer: importing that
    loads torch's compiler, 3 s at every start.
    """

    def __init__(self, groups: Iterable[dict], learning_rate: float, total_steps: int, warmup: float):
        self.learning_rate, self.total_steps, self.warmup = learning_rate, total_steps, warmup
        self.steps = 0
        self._groups = [
            {
                **group,
                "m": [torch.zeros_like(parameter) for parameter in group["params"]],
                "v": [torch.zeros_like(parameter) for parameter in group["params"]],
            }
            for group in groups
        ]

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return self.learning_rate * schedule(self.steps, self.total_steps, self.warmup)

    def zero_grad(self) -> None:
        """Drop all gradients."""
        for group in self._groups:
            for parameter in group["params"]:
                parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """One update; clips the gradients in place and moves the schedule on."""
        for group in self._groups:
            parameters, m, v = group["params"], group["m"], group["v"]
            gradients = [parameter.grad for parameter in parameters]
            _clip_each(gradients)
            torch._foreach_mul_(m, BETA1)
            torch._foreach_add_(m, gradients, alpha=1 - BETA1)
            torch._foreach_mul_(v, BETA2)
            torch._foreach_addcmul_(v, gradients, gradients, value=1 - BETA2)
            scale = torch._foreach_sqrt(v)
            torch._foreach_add_(scale, EPSILON)
            update = torch._foreach_div(m, scale)
            if group["weight_decay"]:
                torch._foreach_add_(update, parameters, alpha=group["weight_decay"])
            torch._foreach_add_(parameters, update, alpha=-self.rate)
        self.steps += 1

    def state_dict(self) -> dict:
        """Steps and moments; the tensors are the optimiser's own."""
        moments = {moment: [group[moment] for group in self._groups] for moment in ("m", "v")}
        return {"steps": self.steps, **moments}

    def load_state_dict(self, state: dict) -> None:
        """Take over a copy of what `state_dict` of the same groups gave."""
        self.steps = state["steps"]
        for index, group in enumerate(self._groups):
            for moment in ("m", "v"):
                torch._foreach_copy_(group[moment], state[moment][index])


def _clip_each(gradients: list[Tensor]) -> None:
    """Scale each tensor down to norm 1 where it is longer."""
    factors = torch._foreach_norm(gradients)
    torch._foreach_add_(factors, EPSILON)
    torch._foreach_reciprocal_(factors)
    torch._foreach_mul_(factors, CLIP_NORM)
    torch._foreach_clamp_max_(factors, 1.0)
    torch._foreach_mul_(gradients, factors)
