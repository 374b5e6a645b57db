"""Linear maps and dropout of the CPU path: what torch's own compute, gradients too."""

import pytest
import torch
import torch.nn.functional as F

from pipeline.ops.cpu import Dropout, Linear, dropout_factors


@pytest.mark.parametrize("shape", [(7, 20), (3, 5, 20), (1, 1, 20)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear_is_torchs(shape, bias):
    torch.manual_seed(0)
    ours = Linear(20, 12, bias=bias)
    features = torch.randn(shape, requires_grad=True)
    leaves = [features, *ours.parameters()]
    mapped, expected = ours(features), F.linear(features, ours.weight, ours.bias)
    torch.testing.assert_close(mapped, expected)
    seed = torch.randn_like(expected)
    for found, right in zip(
        torch.autograd.grad(mapped, leaves, seed), torch.autograd.grad(expected, leaves, seed), strict=True
    ):
        torch.testing.assert_close(found, right)


def test_linear_takes_views_and_double_precision():
    ours = Linear(20, 12).double()
    features = torch.randn(20, 7).double().T
    torch.testing.assert_close(ours(features), F.linear(features, ours.weight, ours.bias))
    ours.float()
    torch.testing.assert_close(ours(features.float()), F.linear(features.float(), ours.weight, ours.bias))


def test_dropout_drops_its_share_and_keeps_the_mean():
    torch.manual_seed(0)
    factors = dropout_factors(torch.Size((1000, 1001)), 0.2)
    assert sorted(factors.unique().tolist()) == pytest.approx([0.0, 1.25], rel=1e-4)
    # Standard deviations over a million draws: 0.0004 and 0.0005.
    assert float((factors == 0).float().mean()) == pytest.approx(0.2, abs=0.002)
    assert float(factors.mean()) == pytest.approx(1.0, abs=0.0025)
    dropped = (factors == 0).float()
    neighbours = (dropped[:, 1:] * dropped[:, :-1]).mean(), (dropped[1:] * dropped[:-1]).mean()
    assert [float(both) for both in neighbours] == pytest.approx([0.04, 0.04], abs=0.001)


def test_dropout_follows_the_global_seed():
    def draw(seed):
        torch.manual_seed(seed)
        return dropout_factors(torch.Size((50,)), 0.5)

    assert torch.equal(draw(1), draw(1)) and not torch.equal(draw(1), draw(2))


def test_dropout_is_the_identity_in_evaluation_and_at_zero():
    features = torch.ones(100)
    assert torch.equal(Dropout(0.5).eval()(features), features)
    assert torch.equal(Dropout(0.0)(features), features)
    assert bool((Dropout(0.5)(features) == 0).any())
