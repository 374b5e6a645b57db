"""BertAdam: the authors' numbers over 60 steps, hand values, decay groups by module type."""

import numpy as np
import pytest
import torch
from helpers.parity import parity_arrays
from torch import nn

from pipeline.models.common.blocks import PositionalEmbedding, SelfAttention
from pipeline.training.bert_adam import BertAdam, schedule
from pipeline.training.optimizer import decay_groups


@pytest.fixture(scope="module")
def fixture():
    return parity_arrays("bert_adam.npz")


def test_sixty_steps_equal_the_authors(fixture):
    names = [name.removeprefix("input.start.") for name in fixture if name.startswith("input.start.")]
    parameters = {name: nn.Parameter(torch.from_numpy(fixture[f"input.start.{name}"].copy())) for name in names}
    decay = float(fixture["meta.weight_decay"])
    groups = [
        {
            "params": [parameters[name] for name in names if fixture[f"meta.decayed.{name}"] == decayed],
            "weight_decay": decay * decayed,
        }
        for decayed in (1, 0)
    ]
    total, warmup = int(fixture["meta.t_total"]), float(fixture["meta.warmup"])
    optimizer = BertAdam(groups, float(fixture["meta.lr"]), total, warmup)
    for step in range(60):
        assert optimizer.rate == pytest.approx(fixture["expect.lr"][step], abs=1e-9)
        for name in names:
            parameters[name].grad = torch.from_numpy(fixture[f"input.grad.{name}"][step].copy())
        optimizer.step()
        if step + 1 in (1, 2, 10, 60):
            for name in names:
                expected = fixture[f"expect.step{step + 1}.{name}"]
                np.testing.assert_allclose(parameters[name].detach().numpy(), expected, rtol=0, atol=2e-6)
    grouped = [name for decayed in (1, 0) for name in names if fixture[f"meta.decayed.{name}"] == decayed]
    for moment in ("m", "v"):
        ours = [tensor for group in optimizer.state_dict()[moment] for tensor in group]
        for name, tensor in zip(grouped, ours, strict=True):
            np.testing.assert_allclose(tensor.numpy(), fixture[f"expect.{moment}_end.{name}"], rtol=0, atol=2e-6)


def test_hand_values_of_four_steps():
    parameter = nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    optimizer = BertAdam([{"params": [parameter], "weight_decay": 0.01}], learning_rate=0.1, total_steps=20, warmup=0.1)
    steps = [
        ([3, 4], [1, -2]),
        ([0.3, -0.4], [0.8014401919, -2.0555891656]),
        ([0, 0.1], [0.4439527179, -2.1899793469]),
        ([1, 1], [0.0181078797, -2.4637729003]),
    ]
    for gradient, expected in steps:
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        assert parameter.tolist() == pytest.approx(expected, abs=1e-8)


def test_schedule_rises_then_falls_to_zero():
    factors = [schedule(step, 20, 0.1) for step in (0, 1, 2, 3, 10, 19, 20, 25)]
    assert factors == pytest.approx([0, 0.5, 1, 0.944444, 0.555556, 0.055556, 0, 0], abs=1e-6)
    assert schedule(0, 20, 0.0) == 1.0


def test_decay_spares_biases_and_layer_norm_only():
    model = nn.Sequential(PositionalEmbedding(5, 8, 0.0), SelfAttention(8, 2, 0.0))
    decayed, kept = (
        {name for name, parameter in model.named_parameters() if any(parameter is other for other in group["params"])}
        for group in decay_groups(model, 0.01)
    )
    assert decayed == {"0.table.weight"} | {f"1.{part}.weight" for part in ("query", "key", "value", "output")}
    assert decayed | kept == {name for name, _ in model.named_parameters()} and not decayed & kept


def test_state_survives_saving():
    def optimizer_of(value: torch.Tensor) -> tuple[nn.Parameter, BertAdam]:
        parameter = nn.Parameter(value.clone())
        return parameter, BertAdam([{"params": [parameter], "weight_decay": 0.01}], 0.1, 20, 0.1)

    whole, optimizer = optimizer_of(torch.ones(3))
    for step in range(6):
        if step == 3:
            resumed, second = optimizer_of(whole.detach())
            second.load_state_dict(optimizer.state_dict())
        whole.grad = torch.full((3,), 0.1 * step)
        if step >= 3:
            resumed.grad = whole.grad.clone()
            second.step()
        optimizer.step()
    assert torch.equal(whole, resumed)
