"""Dropout drops as torch's does: its share, at random, and nothing in evaluation."""

import pytest
import torch
from torch import nn

from pipeline.ops import Dropout
from pipeline.ops.dropout import dropout_factors


def test_it_drops_its_share_and_keeps_the_mean():
    torch.manual_seed(0)
    factors = dropout_factors(torch.Size((1000, 1001)), 0.2)
    assert sorted(factors.unique().tolist()) == pytest.approx([0.0, 1.25], rel=1e-4)
    # Standard deviations over a million draws: 0.0004 and 0.0005.
    assert float((factors == 0).float().mean()) == pytest.approx(0.2, abs=0.002)
    assert float(factors.mean()) == pytest.approx(1.0, abs=0.0025)
    dropped = (factors == 0).float()
    neighbours = (dropped[:, 1:] * dropped[:, :-1]).mean(), (dropped[1:] * dropped[:-1]).mean()
    assert [float(both) for both in neighbours] == pytest.approx([0.04, 0.04], abs=0.001)


def test_what_is_kept_and_its_gradient_are_scaled_alike():
    torch.manual_seed(0)
    features = torch.randn(50, 20, requires_grad=True)
    dropped = Dropout(0.5)(features)
    (gradient,) = torch.autograd.grad(dropped.sum(), features)
    assert set(gradient.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(dropped, features * gradient)


def test_it_follows_the_global_seed():
    def draw(seed):
        torch.manual_seed(seed)
        return Dropout(0.5)(torch.ones(50))

    assert torch.equal(draw(1), draw(1)) and not torch.equal(draw(1), draw(2))


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_evaluation_is_torchs(p):
    features = torch.randn(100)
    assert torch.equal(Dropout(p).eval()(features), nn.Dropout(p).eval()(features))


@pytest.mark.parametrize("p", [0.0, 1e-9, 1 - 1e-9, 1.0])
def test_shares_that_sixteen_bits_cannot_tell_are_torchs(p):
    features = torch.randn(100)
    assert torch.equal(Dropout(p)(features), nn.Dropout(p)(features))


def test_it_refuses_what_torchs_refuses():
    with pytest.raises(ValueError, match="between 0 and 1"):
        Dropout(1.5)


def test_in_place_it_is_torchs():
    features = torch.ones(100)
    Dropout(0.5, inplace=True)(features)
    assert bool((features == 0).any())


def test_switched_off_it_is_torchs_to_the_bit(without_fast_cpu):
    features = torch.randn(50, 20)
    found = []
    for module in (Dropout(0.3), nn.Dropout(0.3)):
        torch.manual_seed(0)
        found.append(module(features))
    assert torch.equal(*found)
