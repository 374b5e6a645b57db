"""Fixed-length sampling: bit-equal to the parity fixture, and the properties a reader would check by hand."""

import numpy as np
import pytest
import torch
from helpers.parity import parity_arrays
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpus.sampling import at_most, fixed_length, l2_normalize, slots_of

SAMPLERS = {"clip32": (fixed_length, 32), "frame128": (at_most, 128)}


@pytest.fixture(scope="module")
def fixture():
    return parity_arrays("sampling.npz")


def lengths(fixture) -> list[int]:
    return [int(length) for length in fixture["lengths"]]


@pytest.mark.parametrize("kind", SAMPLERS)
def test_averages_are_bit_equal(fixture, kind):
    sample, slots = SAMPLERS[kind]
    for length in lengths(fixture):
        sampled = sample(torch.from_numpy(fixture[f"input.L{length}"]), slots)
        assert np.array_equal(sampled.numpy(), fixture[f"expect.{kind}.L{length}"]), length


@pytest.mark.parametrize("kind", SAMPLERS)
def test_averages_then_l2_are_bit_equal_through_float64(fixture, kind):
    sample, slots = SAMPLERS[kind]
    for length in lengths(fixture):
        rows = l2_normalize(sample(torch.from_numpy(fixture[f"input.L{length}"]).double(), slots)).float()
        assert np.array_equal(rows.numpy(), fixture[f"expect.{kind}_l2.L{length}"]), length


@pytest.mark.parametrize("kind", SAMPLERS)
def test_slots_read_the_same_rows(fixture, kind):
    for length in lengths(fixture):
        expected = fixture[f"expect.{kind}_first.L{length}"]
        first, count = slots_of(length, len(expected))
        assert np.array_equal(first.numpy(), expected), length
        assert np.array_equal(count.numpy(), fixture[f"expect.{kind}_count.L{length}"]), length


def test_l2_rows_alone(fixture):
    rows = l2_normalize(torch.from_numpy(fixture["input.l2_rows"]).double()).float()
    assert np.array_equal(rows.numpy(), fixture["expect.l2_rows"])


def plain_averages(rows: torch.Tensor, slots: int) -> torch.Tensor:
    """One slot after another, as the definition says."""
    first, count = slots_of(len(rows), slots)
    return torch.stack([rows[start : start + number].mean(dim=0) for start, number in zip(first, count, strict=True)])


@given(
    length=st.integers(1, 400),
    slots=st.sampled_from([1, 3, 32, 128]),
    size=st.sampled_from([1, 2, 3, 16, 17, 300]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    seed=st.integers(0, 99),
)
def test_averages_of_many_slots_at_once_are_those_of_each(length, slots, size, dtype, seed):
    rows = torch.randn(length, size, dtype=dtype, generator=torch.Generator().manual_seed(seed))
    assert torch.equal(fixed_length(rows, slots), plain_averages(rows, slots))


@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=9),
    size=st.sampled_from([1, 2, 5, 17, 768]),
    seed=st.integers(0, 99),
)
def test_the_norm_of_a_row_does_not_depend_on_its_neighbours(lengths, size, seed):
    generator = torch.Generator().manual_seed(seed)
    parts = [torch.randn(length, size, dtype=torch.float64, generator=generator) for length in lengths]
    assert torch.equal(l2_normalize(torch.cat(parts)), torch.cat([l2_normalize(part) for part in parts]))


@pytest.mark.parametrize(
    ("length", "expected"), [(10, [0.5, 3, 6, 8]), (5, [0, 1, 2.5, 4]), (3, [0, 1, 2, 2]), (1, [0, 0, 0, 0])]
)
def test_hand_values(length, expected):
    rows = torch.arange(length, dtype=torch.float32)[:, None]
    assert fixed_length(rows, 4).flatten().tolist() == expected


@pytest.mark.parametrize("slots", [1, 3, 32, 50])
def test_every_slot_stays_inside_and_in_order(slots):
    for length in range(1, 200):
        first, count = slots_of(length, slots)
        assert first[0] == 0 and bool((first.diff() >= 0).all())
        assert bool((count >= 1).all()) and int((first + count).max()) <= length


def test_zero_rows_stay_zero_and_lengths_are_right():
    rows = l2_normalize(torch.tensor([[0.0, 0.0], [3.0, 4.0]]))
    assert rows[0].tolist() == [0, 0]
    assert rows[1].tolist() == pytest.approx([0.5999988, 0.7999984], abs=1e-7)
