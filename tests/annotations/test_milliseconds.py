"""Times in milliseconds: told by how far beyond the video's end they are, and by what most of their file is in."""

import pytest

from pipeline.annotations.common.milliseconds import Milliseconds
from pipeline.annotations.common.records import AnnotatedQuery


def query(line: int, file: str = "queries.csv", says_unit: bool = False) -> AnnotatedQuery:
    return AnnotatedQuery(f"q{line}", "v", "a ball", f"{file}:{line}", says_unit=says_unit)


@pytest.mark.parametrize(
    ("start", "end", "is_told"),
    [(12_500, 31_000, True), (39_000, 40_500, True), (0, 41.5, False), (41_500, 43_000, False), (12, 399, False)],
)
def test_far_beyond_the_end_and_inside_when_divided(start, end, is_told):
    spans = Milliseconds(overrun=1.0)
    told = spans.told(query(1), start, end, end_of_video=40.0)
    assert told == (
        f"; in milliseconds it is {start / 1000:g} to {end / 1000:g} s, so divide it by 1000" if is_told else ""
    )
    assert [one.meant for one in spans.corrections()] == ([[start / 1000, end / 1000]] if is_told else [])


def test_a_file_of_milliseconds_is_so_whole():
    spans = Milliseconds(overrun=1.0)
    spans.fits(query(1), 5, 9)
    spans.fits(query(1, "train.jsonl"), 5, 9)
    spans.told(query(2), 5000, 9000, 40.0)
    assert [one.where for one in spans.corrections()] == ["queries.csv:2"]
    assert spans.told(query(4), 100, 300, 40.0) == ""  # it may be a slip, too
    spans.told(query(3), 6000, 9000, 40.0)
    assert [one.where for one in spans.corrections()] == [f"queries.csv:{line}" for line in (2, 3, 1, 4)]


def test_times_that_say_their_unit_are_neither_milliseconds_nor_a_sign_that_others_are_none():
    spans = Milliseconds(overrun=1.0)
    for line in (1, 2):
        spans.fits(query(line, says_unit=True), 2, 4)
    assert spans.told(query(3, says_unit=True), 5400, 5460, 10.0) == ""
    spans.fits(query(4), 5, 9)
    for line in (5, 6):
        assert spans.told(query(line), 1000, 4000, 10.0)
    assert [one.where for one in spans.corrections()] == [f"queries.csv:{line}" for line in (5, 6, 4)]
