"""Sequences encoded in parts come back in their order, and none is cut, whoever encodes them."""

import pytest
import torch
from torch import nn

from pipeline.core.runtime import threads
from pipeline.models.common.blocks import SelfAttention, initialize
from pipeline.ops.ragged import in_parts

several_threads = pytest.mark.parametrize("number", [1, 2, 3])


@several_threads
@pytest.mark.parametrize("count", [1, 16, 100, 129])
def test_parts_change_nothing_but_the_padding_seen(count, number):
    sequences, mask = some(count)
    seen = []

    def sums(some, their_mask):
        seen.append(their_mask)
        assert their_mask.any(dim=0).all() or count < 128  # no column of padding alone
        return (some * their_mask[..., None]).sum(dim=1)

    with threads(number):
        torch.testing.assert_close(in_parts(sums, sequences, mask, []), sequences.sum(dim=1))
        assert torch.get_num_threads() == number
    assert sum(len(part) for part in seen) == count and sum(int(part.sum()) for part in seen) == int(mask.sum())
    assert len(seen) == (8 if count == 129 else 1)


def test_gradients_are_those_of_the_whole(attention):
    sequences, mask = some(129)
    found = {number: gradients(attention.eval(), sequences, mask, number) for number in (1, 2)}
    for whole, parts in zip(found[1], found[2], strict=True):
        torch.testing.assert_close(parts, whole)


def test_the_number_of_threads_changes_no_bit(attention):
    sequences, mask = some(129)
    found = [gradients(attention.train(), sequences, mask, number) for number in (2, 3, 2)]
    assert all(torch.equal(*pair) for other in found[1:] for pair in zip(found[0], other, strict=True))
    assert not torch.equal(found[0][0], gradients(attention, sequences, mask, 2, seed=1)[0])  # dropout is drawn


def test_parts_draw_different_dropout(attention):
    same, mask = torch.ones(128, 9, 8), torch.ones(128, 9, dtype=torch.bool)
    with threads(2):
        encoded = in_parts(encode_with(attention.train()), same, mask, attention.parameters())
    assert len(encoded.unique(dim=0)) > 120


@several_threads
def test_what_is_not_used_gets_no_gradient(attention, number):
    sequences, mask = some(129)
    unused = nn.Linear(3, 3)
    with threads(number):
        in_parts(
            encode_with(attention), sequences, mask, [*attention.parameters(), *unused.parameters()]
        ).sum().backward()
    assert unused.weight.grad is None and attention.query.weight.grad is not None


@several_threads
def test_what_only_some_parts_use_gets_their_gradient(number):
    sequences, mask = some(129)
    scale = nn.Parameter(torch.ones(()))

    def encode(part, its_mask):
        return part.sum(dim=(1, 2)) * (scale if its_mask.shape[1] > 5 else 2.0)

    with threads(number):
        in_parts(encode, sequences, mask, [scale]).sum().backward()
    lengths = mask.sum(dim=1)
    expected = sum(sequences[part].sum() for part in lengths.argsort(stable=True).split(17) if lengths[part].max() > 5)
    torch.testing.assert_close(scale.grad, expected)


@several_threads
def test_frozen_parameters_get_no_gradient_either(attention, number):
    sequences, mask = some(129)
    attention.query.requires_grad_(False)
    with threads(number):
        in_parts(encode_with(attention), sequences, mask, attention.parameters()).sum().backward()
    assert attention.query.weight.grad is None and attention.key.weight.grad is not None


def test_no_graph_is_kept_where_nothing_is_trained(attention):
    sequences, mask = some(129)
    seen = []

    def encode(part, its_mask):
        seen.append(attention(part, its_mask))
        return seen[-1]

    with threads(2), torch.inference_mode():
        encoded = in_parts(lambda *part: encode(*part)[:, 0], sequences, mask, attention.parameters())
    assert not encoded.requires_grad and not any(part.requires_grad for part in seen) and len(seen) == 8


@several_threads
def test_what_a_part_raises_comes_out(number):
    def refuse(part, its_mask):
        raise ValueError("no such part")

    with threads(number), pytest.raises(ValueError, match="no such part"):
        in_parts(refuse, *some(129), [])


@pytest.fixture
def attention():
    module = SelfAttention(8, 2, dropout=0.3)
    initialize(module, 0)
    return module


def some(count):
    """Sequences (count, 9, 8) of 1 to 9 rows with their mask."""
    generator = torch.Generator().manual_seed(count)
    mask = torch.arange(9) < torch.randint(1, 10, (count, 1), generator=generator)
    return torch.randn(count, 9, 8, generator=generator) * mask[..., None], mask


def encode_with(attention):
    return lambda part, its_mask: (attention(part, its_mask) * its_mask[..., None]).sum(dim=1)


def gradients(attention, sequences, mask, number, seed=0):
    """What is encoded, and the gradients of the sequences and of each parameter."""
    sequences = sequences.clone().requires_grad_()
    torch.manual_seed(seed)
    with threads(number):
        encoded = in_parts(encode_with(attention), sequences, mask, attention.parameters())
        weights = torch.linspace(-1, 1, encoded.numel()).view_as(encoded)
        return encoded, *torch.autograd.grad((encoded * weights).sum(), [sequences, *attention.parameters()])
