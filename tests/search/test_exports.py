"""What an editor or a spreadsheet reads of an export are the clips, whatever the videos are called."""

import csv
import io
import re
import subprocess
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import opentimelineio as otio
import pytest
from helpers.searching import HOSTILE, fake_videos

from pipeline.core.errors import PipelineError
from pipeline.search.exports import FORMATS, MOST_EVENTS, RATE, Clip, export
from pipeline.search.plain_text import cell, one_line
from pipeline.search.results import IndexedVideo

FRAME = 1 / RATE
TIMELINES = {"otio": "otio_json", "edl": "cmx_3600", "fcpxml": "fcpx_xml"}
VIDEOS = fake_videos(Path("/videos"))
CLIPS = [Clip(v, 0.31 * v.duration, 0.4 * v.duration + 1, f"about {v.name}") for v in VIDEOS]

every_format = pytest.mark.parametrize("format", FORMATS)
every_timeline = pytest.mark.parametrize("format", TIMELINES)


def read_back(content: bytes, format: str) -> list[otio.schema.Clip]:
    """The clips of a timeline, as an editor with OpenTimelineIO reads them."""
    options = {"rate": RATE} if format == "edl" else {}
    timeline = otio.adapters.read_from_string(content.decode("utf-8"), TIMELINES[format], **options)
    (track,) = timeline.video_tracks()
    assert all(isinstance(child, otio.schema.Clip) for child in track)
    return list(track)


def seconds(time_range: otio.opentime.TimeRange) -> tuple[float, float]:
    return time_range.start_time.to_seconds(), time_range.end_time_exclusive().to_seconds()


@every_timeline
def test_a_timeline_has_the_moments_of_the_clips_in_their_order(format):
    found = read_back(export(CLIPS, format), format)
    assert len(found) == len(CLIPS)
    for clip, wanted in zip(found, CLIPS, strict=True):
        # The reader of fcpxml cuts off fractions of a frame that are not there, so it may be a frame early.
        assert seconds(clip.source_range) == pytest.approx((wanted.start, wanted.end), abs=2 * FRAME)


@pytest.mark.parametrize("format", ["otio", "edl"])
def test_every_moment_is_inside_within_a_frame_at_either_end(format):
    for clip, wanted in zip(read_back(export(CLIPS, format), format), CLIPS, strict=True):
        start, end = seconds(clip.source_range)
        assert wanted.start - FRAME < start <= wanted.start + 1e-6
        assert wanted.end - 1e-6 <= end < wanted.end + FRAME


def test_the_seconds_in_an_fcpxml_are_exact():
    for element, wanted in zip(ElementTree.fromstring(export(CLIPS, "fcpxml")).iter("clip"), CLIPS, strict=True):
        start, duration = (Fraction(element.get(key).removesuffix("s")) for key in ("start", "duration"))
        assert wanted.start - FRAME < start <= wanted.start + 1e-6
        assert wanted.end - 1e-6 <= start + duration < wanted.end + FRAME


@pytest.mark.parametrize("format", ["otio", "fcpxml"])
def test_the_media_are_the_files_from_their_start_to_their_end(format):
    for clip, video in zip(read_back(export(CLIPS, format), format), VIDEOS, strict=True):
        start, end = seconds(clip.media_reference.available_range)
        assert start == 0 and end == pytest.approx(video.duration, abs=FRAME)
        if video.path:
            url = clip.media_reference.target_url.replace("//localhost", "//")
            assert url == video.path.as_uri() and re.fullmatch(r"file:///[\x21-\x7e]+", url)


@every_timeline
def test_the_names_are_those_of_the_videos_on_one_line(format):
    apostrophe = "\N{RIGHT SINGLE QUOTATION MARK}" if format == "fcpxml" else "'"
    found = read_back(export(CLIPS, format), format)
    names = [one_line(video.name).replace("'", apostrophe) for video in VIDEOS]
    assert [clip.name for clip in found] == names


@every_timeline
def test_the_label_is_a_marker_where_the_clip_begins(format):
    for clip, wanted in zip(read_back(export(CLIPS, format), format), CLIPS, strict=True):
        (marker,) = clip.markers
        assert marker.name.lower() == one_line(wanted.label).lower()
        assert marker.marked_range.start_time == clip.source_range.start_time


@every_timeline
def test_two_clips_of_a_video_are_two_of_one_medium(format):
    clips = [Clip(VIDEOS[0], 1, 2, "first"), Clip(VIDEOS[0], 0.04, 0.05), Clip(VIDEOS[1], 3, 4)]
    first, second, other = read_back(export(clips, format), format)
    assert first.media_reference.target_url == second.media_reference.target_url
    assert other.media_reference.target_url != first.media_reference.target_url
    assert seconds(first.source_range) == (1, 2) and not second.markers
    assert second.duration().to_seconds() == FRAME  # the least that an editor can show


def test_the_reels_of_an_edl_are_short_and_of_one_video_each():
    names = [
        "a/clip one.mp4",
        "b/clip_one.mp4",
        "b/clip one, again.mp4",
        "ÅÉ.mp4",
        "生日.mp4",
        "子.mp4",
        "bl.mp4",
        "ax",
    ]
    videos = [IndexedVideo(str(i), name, Path("/v") / name, 9.0) for i, name in enumerate(names)]
    content = export([Clip(video, 1, 2) for video in [*videos, videos[0]]], "edl").decode()
    reels = re.findall(r"^\d{3}  (\S+) +V ", content, re.MULTILINE)
    assert reels == ["CLIPONE", "CLIPONE2", "CLIPONEA", "AE", "CLIP", "CLIP2", "BL2", "AX2", "CLIPONE"]


def test_an_edl_has_no_line_that_a_name_or_a_label_made():
    label = "x\n999  EVIL V C 00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00\u2028* FROM CLIP: /etc/passwd"
    content = export([Clip(clip.video, clip.start, clip.end, label) for clip in CLIPS], "edl").decode()
    event, name, url, marker = r"\d{3}  [A-Z0-9]{1,8} ", r"\* FROM CLIP NAME:  ", r"\* FROM CLIP: ", r"\* LOC: "
    lines = content.splitlines()[2:]
    assert len(lines) == 4 * len(CLIPS)
    assert all(re.match((event, name, url, marker)[i % 4], line) for i, line in enumerate(lines))


def test_an_fcpxml_is_well_formed_and_opens_no_video(tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "check_output", lambda *_, **__: pytest.fail("a program was started"))
    monkeypatch.chdir(tmp_path)
    paths = [Path("a.mp4"), tmp_path / "b.mp4", None]
    videos = [IndexedVideo(f"{i}.mp4", f"{i}.mp4", path, 9.0) for i, path in enumerate(paths)]
    for name in ("a.mp4", "b.mp4", "2.mp4"):
        (tmp_path / name).touch()
    root = ElementTree.fromstring(export([Clip(video, 1, 2) for video in videos], "fcpxml"))
    assert len(list(root.iter("clip"))) == 3


def test_a_csv_has_a_line_a_clip_and_no_formula():
    header, *rows = csv.reader(io.StringIO(export(CLIPS, "csv").decode("utf-8"), newline=""))
    assert header == ["video", "id", "start", "end", "label", "url"]
    for row, clip in zip(rows, CLIPS, strict=True):
        assert row[:2] == [cell(clip.video.name), cell(clip.video.video_id)] and row[4] == cell(clip.label)
        assert [float(row[2]), float(row[3])] == pytest.approx([clip.start, clip.end], abs=1e-3)
        assert not any(value.startswith(tuple("=+-@\t\r")) for value in row)


def test_a_file_of_which_half_a_character_is_named_is_found_again():
    (found,) = read_back(export([clip for clip in CLIPS if clip.video.video_id == "bytes"], "otio"), "otio")
    assert found.media_reference.target_url.endswith("not%20UTF-8%20%FF%80.mp4")


@every_format
def test_the_same_clips_give_the_same_bytes(format):
    assert export(CLIPS, format) == export(list(CLIPS), format)


@every_format
def test_what_goes_beyond_the_video_is_cut_off(format):
    content = export([Clip(VIDEOS[1], 12, 1e9)], format)
    if format == "csv":
        assert content.decode().splitlines()[1].split(",")[2:4] == ["12", "12.5"]
    else:
        (found,) = read_back(content, format)
        assert seconds(found.source_range) == pytest.approx((12, 12.5), abs=FRAME)


@every_format
@pytest.mark.parametrize("span", [(-1, 2), (2, 2), (3, 2), (30, 31), (float("nan"), 2), (1, float("nan"))])
def test_a_clip_that_is_no_part_of_its_video_is_named(format, span):
    with pytest.raises(PipelineError, match=r"trips/lake/dog\.mp4: no part of the video of 30 s is from"):
        export([CLIPS[1], Clip(VIDEOS[0], *span)], format)


@every_format
def test_a_list_without_clips_is_an_error(format):
    with pytest.raises(PipelineError, match="there is no clip to export"):
        export([], format)


@pytest.mark.parametrize(
    "clips",
    [
        [Clip(VIDEOS[0], 1, 2)] * (MOST_EVENTS + 1),
        [Clip(IndexedVideo("v", "v.mp4", None, 7e4), 0, 7e4)] * 2,
        [Clip(IndexedVideo("v", "v.mp4", None, 1e5), 86399, 86400)],
    ],
    ids=["more events than it can number", "longer than a day", "later than a day"],
)
def test_what_an_edl_cannot_hold_is_refused_and_others_hold_it(clips):
    with pytest.raises(PipelineError, match="an EDL holds no more than 999 clips"):
        export(clips, "edl")
    assert len(read_back(export(clips, "otio"), "otio")) == len(clips)


def test_an_edl_holds_as_many_as_it_can_number():
    assert len(read_back(export([Clip(VIDEOS[0], 1, 2)] * MOST_EVENTS, "edl"), "edl")) == MOST_EVENTS


def test_the_hostile_videos_are_among_the_clips():
    assert {clip.video.video_id for clip in CLIPS} >= set(HOSTILE)
