"""AdamW: equal to torch's, with a rate that rises and stays; its state survives saving bit for bit."""

import pytest
import torch
from torch import nn

from pipeline.training.adamw import AdamW
from pipeline.training.optimizer import EPSILON


def start() -> list[nn.Parameter]:
    draw = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(*shape, generator=draw, dtype=torch.float64)) for shape in ((4, 3), (3,), (5,))]


def gradients(step: int) -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(100 + step)
    scale = 10.0 ** (step % 7 - 5)  # tiny ones too, in which epsilon shows
    return [scale * torch.randn(parameter.shape, generator=draw, dtype=torch.float64) for parameter in start()]


def groups(parameters: list[nn.Parameter]) -> list[dict]:
    return [{"params": parameters[:1], "weight_decay": 0.1}, {"params": parameters[1:], "weight_decay": 0.0}]


def step(optimizer: AdamW | torch.optim.Optimizer, parameters: list[nn.Parameter], number: int) -> None:
    for parameter, gradient in zip(parameters, gradients(number), strict=True):
        parameter.grad = gradient
    optimizer.step()


@pytest.mark.parametrize("warmup", [0.0, 0.25])
def test_forty_steps_equal_those_of_torch(warmup: float) -> None:
    ours, theirs = start(), start()
    optimizer = AdamW(groups(ours), 3e-2, 40, warmup)
    reference = torch.optim.AdamW(groups(theirs), lr=1.0, betas=(0.9, 0.999), eps=EPSILON)
    for number in range(40):
        for group in reference.param_groups:
            group["lr"] = 3e-2 * (min(1.0, number / 10) if warmup else 1.0)
        assert optimizer.rate == pytest.approx(reference.param_groups[0]["lr"])
        step(optimizer, ours, number)
        step(reference, theirs, number)
        for one, other in zip(ours, theirs, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-14)
    assert all((one - before).abs().max() > 0.1 for one, before in zip(ours, start(), strict=True))


def test_gradients_are_not_clipped() -> None:
    parameters = start()
    optimizer = AdamW(groups(parameters), 1e-3, 10, 0.0)
    for parameter in parameters:
        parameter.grad = torch.full_like(parameter, 50.0)
    optimizer.step()
    assert all((parameter.grad == 50.0).all() for parameter in parameters)
    assert optimizer.state_dict()["m"][0][0].flatten()[0] == pytest.approx(5.0)


def test_state_survives_saving() -> None:
    whole = start()
    optimizer = AdamW(groups(whole), 1e-2, 12, 0.5)
    for number in range(8):
        if number == 3:
            resumed = [nn.Parameter(parameter.detach().clone()) for parameter in whole]
            second = AdamW(groups(resumed), 1e-2, 12, 0.5)
            second.load_state_dict(optimizer.state_dict())
        step(optimizer, whole, number)
        if number >= 3:
            step(second, resumed, number)
    assert all(torch.equal(one, other) for one, other in zip(whole, resumed, strict=True))
