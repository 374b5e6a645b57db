"""Sequences encoded in parts come back in their order, and none is cut, whoever encodes them."""

import pytest
import torch
from torch import nn

from pipeline.core.runtime import threads
from pipeline.models.common.blocks import SelfAttention, initialize
from pipeline.ops import in_parts

several_threads = pytest.mark.parametrize("number", [1, 2, 3])


class Summed(nn.Module):
    """The sum of a self-attention's vectors."""

    def __init__(self):
        super().__init__()
        self.attention = SelfAttention(8, 2, dropout=0.3)
        initialize(self, 0)

    def whole(self, sequences, mask):
        return (self.attention(sequences, mask) * mask[..., None]).sum(dim=1)

    in_parts = in_parts(whole)


@several_threads
@pytest.mark.parametrize("count", [1, 16, 100, 129])
def test_parts_change_nothing_but_the_padding_seen(count, number):
    sequences, mask = some(count)
    seen = []

    def sums(_module, part, part_mask):
        seen.append(part_mask)
        assert part_mask.any(dim=0).all() or count < 128  # no column of padding alone
        return (part * part_mask[..., None]).sum(dim=1)

    with threads(number):
        torch.testing.assert_close(in_parts(sums)(nn.Module(), sequences, mask), sequences.sum(dim=1))
        assert torch.get_num_threads() == number
    assert sum(len(part) for part in seen) == count and sum(int(part.sum()) for part in seen) == int(mask.sum())
    assert len(seen) == (8 if count == 129 else 1)


@several_threads
def test_sequences_without_a_mask_keep_their_order_and_length(number):
    sequences, seen = torch.randn(129, 9, 8), []

    def first(_module, part):
        seen.append(part.shape)
        return part[:, 0]

    with threads(number):
        assert torch.equal(in_parts(first)(nn.Module(), sequences), sequences[:, 0])
    assert sorted(seen) == [(10, 9, 8), *[(17, 9, 8)] * 7]


@several_threads
def test_vectors_and_gradients_are_those_of_the_whole(number):
    module, (sequences, mask) = Summed().eval().double(), some(129)
    expected = gradients(module, sequences.double(), mask, 1, module.whole)
    for parts, whole in zip(gradients(module, sequences.double(), mask, number), expected, strict=True):
        torch.testing.assert_close(parts, whole)


@several_threads
def test_switched_off_nothing_is_cut(number, without_fast_cpu):
    module, given = Summed().train(), some(129)
    found, expected = gradients(module, *given, number), gradients(module, *given, number, module.whole)
    assert all(torch.equal(*pair) for pair in zip(found, expected, strict=True))


def test_the_number_of_threads_changes_no_bit():
    module, given = Summed().train(), some(129)
    found = [gradients(module, *given, number) for number in (2, 3, 2)]
    assert all(torch.equal(*pair) for other in found[1:] for pair in zip(found[0], other, strict=True))
    assert not torch.equal(found[0][0], gradients(module, *given, 2, seed=1)[0])  # dropout is drawn


def test_parts_draw_different_dropout():
    same, mask = torch.ones(128, 9, 8), torch.ones(128, 9, dtype=torch.bool)
    with threads(2):
        encoded = Summed().train().in_parts(same, mask)
    assert len(encoded.unique(dim=0)) > 120


@several_threads
def test_what_is_not_used_gets_no_gradient(number):
    module = Summed()
    module.unused = nn.Linear(3, 3)
    with threads(number):
        module.in_parts(*some(129)).sum().backward()
    assert module.unused.weight.grad is None and module.attention.query.weight.grad is not None


@several_threads
def test_what_only_some_parts_use_gets_their_gradient(number):
    sequences, mask = some(129)
    module = nn.ParameterList([torch.ones(())])

    def encode(module, part, part_mask):
        return part.sum(dim=(1, 2)) * (module[0] if part_mask.shape[1] > 5 else 2.0)

    with threads(number):
        in_parts(encode)(module, sequences, mask).sum().backward()
    lengths = mask.sum(dim=1)
    expected = sum(sequences[part].sum() for part in lengths.argsort(stable=True).split(17) if lengths[part].max() > 5)
    torch.testing.assert_close(module[0].grad, expected)


@several_threads
def test_frozen_parameters_get_no_gradient_either(number):
    module = Summed()
    module.attention.query.requires_grad_(False)
    with threads(number):
        module.in_parts(*some(129)).sum().backward()
    assert module.attention.query.weight.grad is None and module.attention.key.weight.grad is not None


def test_no_graph_is_kept_where_nothing_is_trained():
    seen = []

    def encode(module, part, part_mask):
        seen.append(module.attention(part, part_mask))
        return seen[-1][:, 0]

    with threads(2), torch.inference_mode():
        encoded = in_parts(encode)(Summed(), *some(129))
    assert not encoded.requires_grad and not any(part.requires_grad for part in seen) and len(seen) == 8


@several_threads
def test_what_a_part_raises_comes_out(number):
    def refuse(_module, part, part_mask):
        raise ValueError("no such part")

    with threads(number), pytest.raises(ValueError, match="no such part"):
        in_parts(refuse)(nn.Module(), *some(129))


def some(count):
    """Sequences (count, 9, 8) of 1 to 9 rows with their mask."""
    generator = torch.Generator().manual_seed(count)
    mask = torch.arange(9) < torch.randint(1, 10, (count, 1), generator=generator)
    return torch.randn(count, 9, 8, generator=generator) * mask[..., None], mask


def gradients(module, sequences, mask, number, encode=None, seed=0):
    """What is encoded, in parts where nothing is said, and the gradients of the sequences and of each parameter."""
    sequences = sequences.clone().requires_grad_()
    torch.manual_seed(seed)
    with threads(number):
        encoded = (encode or module.in_parts)(sequences, mask)
        weights = torch.linspace(-1, 1, encoded.numel()).view_as(encoded)
        return encoded, *torch.autograd.grad((encoded * weights).sum(), [sequences, *module.parameters()])
