"""The best spans by their boundary logits: which spans there are, and their order."""

import pytest
import torch
from helpers.parity import parity_arrays

from pipeline.localizers.common.spans import best_spans


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
