"""BertAdam, the variant of Adam that the PRVR models were published with, and its learning rate schedule.

It differs from torch's AdamW in four ways: it does not correct the bias of the moments; it adds weight decay to the
update before it multiplies by the rate; it clips the gradient of each tensor by that tensor's own norm; and the
learning rate rises linearly from 0, then falls linearly to 0.
Test: tests/training/test_bert_adam.py (against the authors' numbers).
"""

import torch
from torch import Tensor

from pipeline.training.optimizer import EPSILON, Optimizer, add_to_moments

CLIP_NORM = 1.0


def schedule(step: int, total_steps: int, warmup: float) -> float:
    """Compute the factor of the learning rate at a step, counted from 0: it rises from 0 to 1, then falls to 0.

    warmup: the share of `total_steps` in which it rises, in [0, 1).
    """
    progress = step / total_steps
    return progress / warmup if progress < warmup else max((1.0 - progress) / (1.0 - warmup), 0.0)


class BertAdam(Optimizer):
    """The optimiser; its step clips the gradients in place."""

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return self.learning_rate * schedule(self.steps, self.total_steps, self.warmup)

    def _update(self, group: dict, gradients: list[Tensor]) -> None:
        _clip_each(gradients)
        add_to_moments(group, gradients)
        scale = torch._foreach_sqrt(group["v"])
        torch._foreach_add_(scale, EPSILON)
        update = torch._foreach_div(group["m"], scale)
        if group["weight_decay"]:
            torch._foreach_add_(update, group["params"], alpha=group["weight_decay"])
        torch._foreach_add_(group["params"], update, alpha=-self.rate)


def _clip_each(gradients: list[Tensor]) -> None:
    """Scale each gradient with a norm above CLIP_NORM down to it."""
    factors = torch._foreach_norm(gradients)
    torch._foreach_add_(factors, EPSILON)
    torch._foreach_reciprocal_(factors)
    torch._foreach_mul_(factors, CLIP_NORM)
    torch._foreach_clamp_max_(factors, 1.0)
    torch._foreach_mul_(gradients, factors)
