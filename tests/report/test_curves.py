"""Where the lines of a localizer's boundaries run, and what is said of their peaks."""

import pytest

from pipeline.report.curves import HEIGHT, curves

ROW = {"clip_ends": [1.0, 2.0, 4.0], "start": [0.25, 0.5, 0.0], "end": [0.0, 0.1, 0.4]}


def test_each_clip_is_a_step_over_its_part_of_the_video_and_the_peak_is_the_top():
    start, end = curves(ROW, 4.0)
    assert [x for x, _ in start["points"]] == [0, 25, 25, 50, 50, 100] == [x for x, _ in end["points"]]
    assert [y for _, y in start["points"]] == [HEIGHT / 2, HEIGHT / 2, 0, 0, HEIGHT, HEIGHT]


def test_a_moment_starts_with_the_clip_of_the_peak_and_ends_with_it():
    start, end = curves(ROW, 4.0)
    assert (start["name"], start["peak"], start["at"]) == ("start", 0.5, 1.0)
    assert (end["name"], end["peak"], end["at"]) == ("end", 0.4, 4.0)


def test_a_clip_that_reaches_beyond_the_video_is_drawn_to_its_end():
    start, _ = curves(ROW, 3.2)
    assert [x for x, _ in start["points"]] == pytest.approx([0, 31.25, 31.25, 62.5, 62.5, 100])


def test_where_all_is_rounded_to_nothing_the_line_lies_on_the_ground():
    start, _ = curves({**ROW, "start": [0.0, 0.0, 0.0]}, 4.0)
    assert {y for _, y in start["points"]} == {HEIGHT} and start["peak"] == 0
