"""The best spans by their boundary logits: which spans there are, and their order."""

import math

import pytest
import torch
from helpers.parity import parity_arrays
from torch.utils._python_dispatch import TorchDispatchMode

from pipeline.localizers.common import spans as spans_module
from pipeline.localizers.common.spans import BLOCK, best_spans, expected_overlap


def spans(start: list[float], end: list[float], clips: int, shortest: int, longest: int, most: int = 1000) -> list:
    """The spans of one video, as (first, last, score)."""
    mask = torch.arange(len(start)) < clips
    found = best_spans(torch.tensor([start]), torch.tensor([end]), mask[None], shortest, longest, most)
    rows = zip(found.clips[0].tolist(), found.score[0].tolist(), strict=True)
    return [(*ends, score) for ends, score in rows if score > -torch.inf]


def test_the_spans_are_those_of_the_relative_s_masks() -> None:
    fixture = parity_arrays("prem_pieces.npz")
    flat, tried = fixture["length_mask.flat"], 0
    for clips, shortest, longest in fixture["length_mask.cases"].tolist():
        expected = set(_ones(flat, clips))
        flat = flat[clips**2 :]
        if longest > shortest:
            found = spans([0.0] * clips, [0.0] * clips, clips, shortest + 1, longest)
            assert {(first, last) for first, last, _ in found} == expected, (clips, shortest, longest)
            tried += 1
    assert tried > 100 and not len(flat)


def _ones(flat, clips: int) -> list[tuple[int, int]]:
    return [
        (int(first), int(last)) for first, last in zip(*flat[: clips**2].reshape(clips, clips).nonzero(), strict=True)
    ]


def test_the_best_come_first_and_equal_ones_by_first_clip_then_length() -> None:
    assert spans([1.0, 1, 0], [0.0, 0, 2], 3, 1, 3) == [
        (0, 2, 3), (1, 2, 3), (2, 2, 2), (0, 0, 1), (0, 1, 1), (1, 1, 1)
    ]  # fmt: skip
    assert spans([0.0] * 4, [0.0] * 4, 4, 2, 3, most=3) == [(0, 1, 0), (0, 2, 0), (1, 2, 0)]


@pytest.mark.parametrize(
    ("clips", "shortest", "longest", "count"), [(5, 1, 9, 15), (3, 2, 2, 2), (1, 2, 9, 0), (0, 1, 9, 0)]
)
def test_no_span_reaches_into_padding(clips: int, shortest: int, longest: int, count: int) -> None:
    found = spans([0.0, 0, 0, 0, 0, 9, 9], [0.0, 0, 0, 0, 0, 9, 9], clips, shortest, longest)
    assert len(found) == count and all(last < clips for _, last, _ in found)


def overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    """The IoU of two spans of clips, first and last."""
    shared = max(0, min(one[1], other[1]) - max(one[0], other[0]) + 1)
    return shared / (max(one[1], other[1]) - min(one[0], other[0]) + 1)


@pytest.mark.parametrize("table", [True, False])
@pytest.mark.parametrize(("shortest", "longest"), [(1, 6), (2, 4), (2, 3)])
@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_expected_overlap_is_the_sum_over_all_spans(
    monkeypatch, shortest: int, longest: int, sharpness: float, table: bool
) -> None:
    if not table:
        monkeypatch.setattr(spans_module, "TABLE_SPANS", 0)
        monkeypatch.setattr(spans_module, "BLOCK", 25)  # of two to five spans at a time
    generator = torch.Generator().manual_seed(0)
    start, end = torch.randn(2, 2, 6, generator=generator).double()
    mask = torch.arange(6) < torch.tensor([[6], [4]])
    plain = best_spans(start, end, mask, shortest, longest, 1000)
    found = best_spans(start, end, mask, shortest, longest, 1000, sharpness)
    for row in range(2):
        score = {
            tuple(clips): value
            for clips, value in zip(plain.clips[row].tolist(), plain.score[row].tolist(), strict=True)
            if value > -torch.inf
        }
        ours = [
            (tuple(clips), value)
            for clips, value in zip(found.clips[row].tolist(), found.score[row].tolist(), strict=True)
            if value > -torch.inf
        ]
        assert {span for span, _ in ours} == set(score)
        assert [value for _, value in ours] == sorted((value for _, value in ours), reverse=True)
        for span, value in ours:
            expected = sum(math.exp(sharpness * likely) * overlap(span, other) for other, likely in score.items())
            assert value == pytest.approx(math.log(expected) / sharpness, abs=1e-5)


def test_of_two_likely_spans_apart_one_that_meets_many_likely_ones_is_best() -> None:
    logits = torch.tensor([[2.0, 0, 0, 1.9, 1.9, 1.9]]), torch.tensor([[2.2, 0, 0, 1.9, 1.9, 1.9]])
    mask = torch.ones(1, 6, dtype=torch.bool)
    assert best_spans(*logits, mask, 1, 3, 1).clips.tolist() == [[[0, 0]]]
    first, last = best_spans(*logits, mask, 1, 3, 1, overlap=1.0).clips[0, 0].tolist()
    assert first >= 3 and last >= first
    assert best_spans(*logits, mask, 1, 3, 1, overlap=50.0).clips.tolist() == [[[0, 0]]]


def test_where_there_is_no_span_there_is_no_overlap() -> None:
    scores = torch.tensor([[[0.0, 1.0], [2.0, -torch.inf]], [[3.0, -torch.inf], [-torch.inf, -torch.inf]]])
    found = expected_overlap(scores, 1, 1.0)
    assert torch.equal(found.isneginf(), scores.isneginf()) and found[1, 0, 0] == pytest.approx(3.0)


@pytest.mark.parametrize(("clips", "longest"), [(128, 128), (200, 24)])
def test_in_blocks_and_by_the_table_it_is_the_same_to_the_last_bits(monkeypatch, clips: int, longest: int) -> None:
    scores = torch.randn(3, clips, longest, generator=torch.Generator().manual_seed(0))
    by_table = expected_overlap(scores, 1, 1.5)
    monkeypatch.setattr(spans_module, "TABLE_SPANS", 0)
    torch.testing.assert_close(expected_overlap(scores, 1, 1.5), by_table, rtol=1e-6, atol=1e-5)


class Largest(TorchDispatchMode):
    """Notes how many numbers the largest tensor has that is made while it is entered."""

    numbers = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        self.numbers = max(self.numbers, result.numel() if isinstance(result, torch.Tensor) else 0)
        return result


def test_of_many_spans_a_block_of_overlaps_is_all_there_is_at_a_time(monkeypatch) -> None:
    spans = 64 * 65 // 2
    monkeypatch.setattr(spans_module, "TABLE_SPANS", spans - 1)
    with Largest() as largest:
        expected_overlap(torch.zeros(1, 64, 64), 1, 1.5)
    assert BLOCK / 2 < largest.numbers <= BLOCK < spans**2
