"""BertAdam, the variant of Adam that the PRVR models were published with, and its learning rate schedule.

It differs from torch's AdamW in four ways: it does not correct the bias of the moments; it adds weight decay to the
update before it multiplies by the rate; it clips the gradient of each tensor by that tensor's own norm; and the
learning rate rises linearly from 0, then falls linearly to 0. Nothing in a step waits for the device.
Test: tests/training/test_bert_adam.py (against the authors' numbers).
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-6
CLIP_NORM = 1.0


def schedule(step: int, total_steps: int, warmup: float) -> float:
    """Compute the factor of the learning rate at a step, counted from 0: it rises from 0 to 1, then falls to 0.

    warmup: the share of `total_steps` in which it rises, in [0, 1).
    """
    progress = step / total_steps
    return progress / warmup if progress < warmup else max((1.0 - progress) / (1.0 - warmup), 0.0)


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Group the parameters for BertAdam: all decay, position tables too, except biases and those of LayerNorm."""
    decayed: list[nn.Parameter] = []
    kept: list[nn.Parameter] = []
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            (kept if name == "bias" or isinstance(module, nn.LayerNorm) else decayed).append(parameter)
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": kept, "weight_decay": 0.0}]


class BertAdam:
    """The optimiser; every parameter must have a gradient at each step.

    groups: from `decay_groups`. learning_rate: the largest one of the schedule; `rate` is that of the next step.
    total_steps, warmup: see `schedule`. It is no torch.optim.Optimizer, because importing that loads torch's compiler,
    which takes 3 s at every start.
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
        """Drop the gradients of all parameters."""
        for group in self._groups:
            for parameter in group["params"]:
                parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters once, and move the schedule on; the gradients are clipped in place."""
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
        """Return the number of steps and the moments of all parameters; the tensors are shared with the optimiser."""
        moments = {moment: [group[moment] for group in self._groups] for moment in ("m", "v")}
        return {"steps": self.steps, **moments}

    def load_state_dict(self, state: dict) -> None:
        """Continue from a copy of what `state_dict` returned for the same groups."""
        self.steps = state["steps"]
        for index, group in enumerate(self._groups):
            for moment in ("m", "v"):
                torch._foreach_copy_(group[moment], state[moment][index])


def _clip_each(gradients: list[Tensor]) -> None:
    """Scale each gradient with a norm above CLIP_NORM down to it."""
    factors = torch._foreach_norm(gradients)
    torch._foreach_add_(factors, EPSILON)
    torch._foreach_reciprocal_(factors)
    torch._foreach_mul_(factors, CLIP_NORM)
    torch._foreach_clamp_max_(factors, 1.0)
    torch._foreach_mul_(gradients, factors)
