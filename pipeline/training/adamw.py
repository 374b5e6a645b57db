"""AdamW, Adam with weight decay apart from the update (Loshchilov and Hutter, ICLR 2019), which PREM was trained with.

Its learning rate rises linearly from 0, then stays; gradients are not clipped. Epsilon is that of PREM's relative
CONQUER, as the paper gives none.
Test: tests/training/test_adamw.py (against torch.optim.AdamW).
"""

import math

import torch
from torch import Tensor

from pipeline.training.optimizer import BETA1, BETA2, EPSILON, Optimizer, add_to_moments


class AdamW(Optimizer):
    """The optimiser; with `warmup` 0 its rate is the same in every step."""

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        rising = self.warmup * self.total_steps
        return self.learning_rate * (min(self.steps / rising, 1.0) if rising else 1.0)

    def _update(self, group: dict, gradients: list[Tensor]) -> None:
        add_to_moments(group, gradients)
        done = self.steps + 1
        scale = torch._foreach_sqrt(group["v"])
        torch._foreach_div_(scale, math.sqrt(1 - BETA2**done))
        torch._foreach_add_(scale, EPSILON)
        update = torch._foreach_div(group["m"], scale)
        if group["weight_decay"]:
            torch._foreach_mul_(group["params"], 1 - self.rate * group["weight_decay"])
        torch._foreach_add_(group["params"], update, alpha=-self.rate / (1 - BETA1**done))
