"""Subtitles are text, whatever they say, at the seconds of the video."""

from helpers.media import indexed

from pipeline.search.results import IndexedVideo, Line
from pipeline.service.captions import webvtt


def captions(*lines: Line) -> str:
    return webvtt(IndexedVideo("some", "some.mp4", None, 9.0, lines)).decode()


def test_lines_are_cues_with_their_seconds():
    found = captions(Line(0.5, 2.25, "Hello there."), Line(3600.0, 7325.9996, "Much later,\nin two rows."))
    assert found == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:02.250\nHello there.\n\n"
        "01:00:00.000 --> 02:02:06.000\nMuch later,\nin two rows.\n"
    )


def test_a_video_without_lines_has_no_cues():
    assert webvtt(indexed(None)) == b"WEBVTT\n"


def test_hostile_text_stays_in_its_cue():
    hostile = "a\n\n00:00:00.000 --> 99:00:00.000\n<script>alert(1)</script>\r\rNOTE x\0&amp;\u202eRTL\u2028b"
    found = captions(Line(1.0, 2.0, hostile), Line(3.0, 4.0, "next"))
    first, second = found.removeprefix("WEBVTT\n\n").split("\n\n")
    assert first.splitlines() == [
        "00:00:01.000 --> 00:00:02.000", "a", "00:00:00.000 --&gt; 99:00:00.000",
        "&lt;script&gt;alert(1)&lt;/script&gt;", "NOTE x\N{REPLACEMENT CHARACTER}&amp;amp;\u202eRTL", "b",
    ]  # fmt: skip
    assert second == "00:00:03.000 --> 00:00:04.000\nnext\n" and found.count("-->") == 2


def test_half_a_character_costs_no_line():
    assert b"a?b" in webvtt(IndexedVideo("some", "some.mp4", None, 9.0, (Line(0.0, 1.0, "a\ud800b"),)))


def test_a_line_that_takes_no_time_is_shown_all_the_same():
    assert "00:00:01.000 --> 00:00:01.001" in captions(Line(1.0, 1.0, "now"))
