"""Sequences encoded in parts come back in their order, and none is cut."""

import pytest
import torch

from pipeline.models.ragged import in_parts


@pytest.mark.parametrize("count", [1, 16, 100, 129])
def test_parts_change_nothing_but_the_padding_seen(count):
    generator = torch.Generator().manual_seed(count)
    mask = torch.arange(9) < torch.randint(1, 10, (count, 1), generator=generator)
    sequences = torch.randn(count, 9, 3, generator=generator) * mask[..., None]
    seen = []

    def sums(some, their_mask):
        seen.append(their_mask)
        assert their_mask.any(dim=0).all() or count < 128  # no column of padding alone
        return (some * their_mask[..., None]).sum(dim=1)

    torch.testing.assert_close(in_parts(sums, sequences, mask), sequences.sum(dim=1))
    assert sum(len(part) for part in seen) == count and sum(int(part.sum()) for part in seen) == int(mask.sum())
    assert len(seen) == (8 if count == 129 else 1)
