"""What the optimisers have in common: groups of parameters, two moments of each gradient, and a state that resumes.

They are no torch.optim.Optimizer, because importing that loads torch's compiler, which takes 3 s at every start.
Tests: tests/training/test_bert_adam.py, test_adamw.py.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-6


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Group the parameters of a model: all decay, position tables too, except biases and those of LayerNorm."""
    decayed: list[nn.Parameter] = []
    kept: list[nn.Parameter] = []
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            (kept if name == "bias" or isinstance(module, nn.LayerNorm) else decayed).append(parameter)
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": kept, "weight_decay": 0.0}]


class Optimizer:
    """An optimiser; every parameter must have a gradient at each step, and nothing in a step waits for the device.

    groups: from `decay_groups`. learning_rate: the largest one of the schedule; `rate` is that of the next step.
    total_steps: how many steps are planned; warmup: the share of them in which the rate rises, in [0, 1).
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
        raise NotImplementedError

    def zero_grad(self) -> None:
        """Drop the gradients of all parameters."""
        for group in self._groups:
            for parameter in group["params"]:
                parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters once, and move the schedule on; the gradients may be changed in place."""
        for group in self._groups:
            self._update(group, [parameter.grad for parameter in group["params"]])
        self.steps += 1

    def _update(self, group: dict, gradients: list[Tensor]) -> None:
        """Update the parameters of a group, and its moments `m` and `v`, in place."""
        raise NotImplementedError

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


def add_to_moments(group: dict, gradients: list[Tensor]) -> None:
    """Move the running means of a group's gradients, `m`, and of their squares, `v`, by one step."""
    m, v = group["m"], group["v"]
    torch._foreach_mul_(m, BETA1)
    torch._foreach_add_(m, gradients, alpha=1 - BETA1)
    torch._foreach_mul_(v, BETA2)
    torch._foreach_addcmul_(v, gradients, gradients, value=1 - BETA2)
