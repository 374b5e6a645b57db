"""Linear maps by oneDNN are torch's: the results, the gradients, and where torch itself is called."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from pipeline.ops import Linear, linear


def mapped(function, *given):
    """What `function` gives, and the gradients of all that it is given."""
    leaves = [tensor.clone().requires_grad_() for tensor in given if tensor is not None]
    found = function(*leaves)
    weights = torch.linspace(-1, 1, found.numel(), dtype=found.dtype).view_as(found)
    return found, *torch.autograd.grad((found * weights).sum(), leaves)


def some(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(len(shape)))


@pytest.mark.parametrize("shape", [(20,), (7, 20), (3, 5, 20), (1, 1, 20), (0, 20), (3, 0, 20)])
@pytest.mark.parametrize("bias", [some(12), None])
def test_linear_equals_torchs(shape, bias):
    given = (some(*shape), some(12, 20), bias)
    for found, expected in zip(mapped(linear, *given), mapped(F.linear, *given), strict=True):
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("bias", [True, False])
def test_the_module_equals_torchs(bias):
    ours, torchs = Linear(20, 12, bias=bias), nn.Linear(20, 12, bias=bias)
    torchs.load_state_dict(ours.state_dict())
    torch.testing.assert_close(ours(some(7, 20)), torchs(some(7, 20)))


def test_linear_takes_views():
    given = (some(20, 7).T, some(20, 12).T, some(12))
    for found, expected in zip(mapped(linear, *given), mapped(F.linear, *given), strict=True):
        torch.testing.assert_close(found, expected)


def test_only_float32_is_ours():
    given = [tensor.double() for tensor in (some(7, 20), some(12, 20), some(12))]
    assert torch.equal(linear(*given), F.linear(*given))


def test_autocast_is_torchs():
    given = (some(7, 20), some(12, 20), some(12))
    with torch.autocast("cpu", torch.bfloat16):
        assert linear(*given).dtype == torch.bfloat16


def test_switched_off_it_is_torchs_to_the_bit(without_fast_cpu):
    given = (some(64, 300), some(50, 300), some(50))
    assert all(torch.equal(*pair) for pair in zip(mapped(linear, *given), mapped(F.linear, *given), strict=True))
