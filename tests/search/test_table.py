"""The table of results fits the terminal, and nothing in it can do anything to the terminal."""

from pathlib import Path

import pytest
from helpers.searching import FakeSearch, fake_videos
from rich.cells import cell_len

from pipeline.search.results import IndexedVideo, Results
from pipeline.search.table import lines, span

QUERY = "a dog runs into the water"


@pytest.mark.parametrize("width", [1, 10, 20, 33, 40, 60, 80, 121, 400, 10_000])
def test_no_line_is_wider_than_the_terminal_or_holds_a_control_character(width):
    shown = list(lines(FakeSearch().search(QUERY, 100), width))
    assert len(shown) == len(fake_videos(Path())) + 1
    assert all(cell_len(line) <= width and line.isprintable() for line in shown)


def test_a_row_says_which_moment_of_which_video_and_what_is_said():
    header, first, *_ = lines(FakeSearch().search(QUERY, 3), 100)
    assert header.split() == ["#", "unusual", "time", "video", "subtitles"]
    assert first.split(maxsplit=4) == ["1", "5.5", "0:04-0:08", "trips/lake/dog.mp4", "A dog runs into the water."]


def test_the_columns_stand_below_each_other_with_wide_characters():
    results = FakeSearch().search("zoë birthday onion", 2)
    header, *rows = lines(results, 140)
    assert {hit.video.video_id for hit in results.hits} == {"zoë", "kitchen"}
    for row, hit in zip(rows, results.hits, strict=True):
        assert cell_len(row.partition(hit.subtitle)[0]) == cell_len(header.partition("subtitles")[0])


def test_a_long_name_keeps_its_end_and_is_marked_as_cut():
    name = "/".join(["folder"] * 30) + "/dog.mp4"
    search = FakeSearch([IndexedVideo("v", name, None, 10.0)])
    _, row = lines(search.search("dog", 1), 50)
    assert row.endswith("/folder/dog.mp4") and "…" in row and cell_len(row) == 50


def test_without_subtitles_the_names_have_their_room():
    name = "a" * 60 + ".mp4"
    _, row = lines(FakeSearch([IndexedVideo("v", name, None, 10.0)]).search("dog", 1), 100)
    assert row.endswith(name)


def test_without_hits_there_is_a_header():
    assert len(list(lines(Results("dog", (), 0, None), 80))) == 1


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [(0, 67, "0:00-1:07"), (7.9, 8.1, "0:07-0:09"), (3599.5, 3601, "59:59-1:00:01"), (0, 0, "whole")],
)
def test_a_moment_is_told_in_whole_seconds_that_hold_it(start, end, shown):
    assert span(start, end, "-") == shown
