"""When the picture of a file starts and ends, as a player shows it, in the containers that people have."""

import os
from pathlib import Path

import av
import pytest
from helpers.clocked import FPS, write_clocked
from helpers.field_coded import write_field_coded
from helpers.numbered import numbered_frames, numbers_of

from pipeline.video import clips
from pipeline.video.decode import open_video
from pipeline.video.params import DecodeParams
from pipeline.video.probe import probe
from pipeline.video.survey import survey

LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)
CONTAINERS = ["mp4", "mov", "mkv", "webm", "avi", "ts", "mpg", "flv", "wmv"]
HOLDING = ["mp4", "mov", "mkv", "webm", "avi"]
"""Containers that can say how long the last frame is held; in the others it leaves no trace."""
TWO_SECONDS = range(2 * FPS)
LATE = range(FPS, 3 * FPS)
CLOSE = 0.03
"""Seconds: what a sound encoder puts before the sound where a container cannot say so (21 ms of aac)."""


def assert_clock(path: Path, first: float, end: float, frames: int) -> None:
    line = survey(path).timeline
    assert line.starts[0] == pytest.approx(first, abs=CLOSE)
    assert line.end == pytest.approx(end, abs=CLOSE)
    assert len(line.starts) == frames


SOUNDS = {
    "none": None,
    "as long": (0.0, 2.0),
    "longer": (0.0, 4.0),
    "shorter": (0.0, 0.8),
    "later": (1.0, 3.0),
}


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("sound", SOUNDS.values(), ids=SOUNDS)
@pytest.mark.parametrize("container", CONTAINERS)
def test_the_sound_does_not_move_the_end_of_the_picture(tmp_path, container, sound, b_frames):
    path = write_clocked(tmp_path / f"file.{container}", TWO_SECONDS, 2 * FPS, sound, b_frames)
    assert_clock(path, 0, 2, 50)


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("container", [name for name in CONTAINERS if name != "avi"])  # which cannot start late
def test_a_picture_that_starts_after_the_sound_starts_late(tmp_path, container, b_frames):
    path = write_clocked(tmp_path / f"file.{container}", LATE, 3 * FPS, (0.0, 4.0), b_frames)
    assert_clock(path, 1, 3, 50)


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("container", [name for name in CONTAINERS if name != "avi"])
def test_a_picture_alone_starts_the_clock(tmp_path, container, b_frames):
    path = write_clocked(tmp_path / f"file.{container}", LATE, 3 * FPS, None, b_frames)
    assert_clock(path, 0, 2, 50)


@pytest.mark.parametrize("sound", [None, (0.0, 1.0), (0.0, 9.0)], ids=["silent", "shorter", "longer"])
@pytest.mark.parametrize("starts", [[0], [0, 50, 100], [0, 1, 2, 3, 50]], ids=["picture", "slides", "recording"])
@pytest.mark.parametrize("container", HOLDING)
def test_a_last_frame_is_shown_as_long_as_it_is_held(tmp_path, container, starts, sound):
    path = write_clocked(tmp_path / f"file.{container}", starts, 6 * FPS, sound)
    assert_clock(path, 0, 6, len(starts))
    assert len(clips.middle(survey(path).timeline, 1.5)) == 4


@pytest.mark.parametrize(
    ("flags", "late"),
    [("frag_keyframe+empty_moov", 0), ("frag_keyframe", 0), ("dash+delay_moov", 0), ("dash+delay_moov", 1)],
)
def test_fragments_add_up(tmp_path, flags, late):
    starts, end = [late * FPS + k for k in (0, 1, 2, 30, 31, 60)], (late + 6) * FPS
    path = write_clocked(tmp_path / "file.mp4", starts, end, (0.0, 8.0), container_options={"movflags": flags})
    assert_clock(path, late, late + 6, 6)


def test_frames_of_uneven_length_in_the_order_of_coding_end_with_their_track(tmp_path):
    """The sample of the last frame is followed by those of frames before it: its own entry is as long as theirs."""
    path = write_clocked(tmp_path / "file.mp4", [0, 2, 4, 30, 32, 82, 84, 86], 88, None, b_frames=2)
    with av.open(str(path)) as file:
        length = float(file.streams.video[0].duration * file.streams.video[0].time_base)
    assert_clock(path, 0, length, 8)


HOUR = 3600 * FPS


@pytest.mark.parametrize("sound", [None, (3600.0, 3603.0)], ids=["silent", "with sound"])
@pytest.mark.parametrize("container", ["mp4", "mov", "mkv", "ts", "flv"])
def test_time_stamps_may_begin_anywhere(tmp_path, container, sound):
    frames = range(HOUR, HOUR + 2 * FPS)
    path = write_clocked(tmp_path / f"file.{container}", frames, HOUR + 2 * FPS, sound, b_frames=2)
    assert_clock(path, 0, 2, 50)


@pytest.mark.parametrize("sound", [None, (0.0, 5.0)], ids=["silent", "with sound"])
@pytest.mark.parametrize(("container", "muxer"), [("mp4", "mp4"), ("mkv", "matroska"), ("ts", "mpegts")])
def test_pieces_of_a_recording_are_as_long_as_their_pictures(tmp_path, container, muxer, sound):
    write_clocked(
        tmp_path / f"piece%d.{container}", range(4 * FPS), 4 * FPS, sound, format="segment",
        container_options={"segment_time": "1.2", "segment_format": muxer},
    )  # fmt: skip
    pieces = [probe(path, LIMITS) for path in tmp_path.iterdir()]
    assert len(pieces) >= 3 and sum(piece.frames for piece in pieces) == 4 * FPS
    for piece in pieces:
        assert piece.end - piece.first == pytest.approx(piece.frames / FPS, abs=CLOSE)
        assert piece.first < 0.1  # the sound of a piece begins a packet or two before its picture


def retagged(path: Path, old: bytes, new: bytes) -> Path:
    data = path.read_bytes()
    assert old in data and len(old) == len(new)
    path.write_bytes(data.replace(old, new))
    return path


TAGS = {  # the DURATION tag of a picture from 1 to 3 s, and the end that is right
    "as FFmpeg counts": (b"00:00:03.000000000", 3.0),
    "as mkvmerge counts": (b"00:00:02.000000000", 3.0),
    "with a held frame": (b"00:00:03.600000000", 3.6),
    "of a longer original": (b"00:40:00.000000000", 3.0),
    "of a shorter one": (b"00:00:01.500000000", 3.0),
    "in another language": (b"3 seconds and a bit", 3.0),
}


@pytest.mark.parametrize(("tag", "end"), TAGS.values(), ids=TAGS)
def test_the_tag_of_an_mkv_is_read_for_what_it_counts(tmp_path, tag, end):
    path = write_clocked(tmp_path / "file.mkv", LATE, 3 * FPS, (0.0, 4.0))
    assert_clock(retagged(path, b"00:00:03.000000000", tag[:18]), 1, end, 50)


@pytest.mark.parametrize(("sound", "end"), [(None, 6.0), ((0.0, 3.0), 6.0), ((0.0, 8.0), 4.04)])
def test_the_length_of_an_mkv_without_tags_counts_where_no_other_track_has_it(tmp_path, sound, end):
    path = write_clocked(tmp_path / "file.mkv", [0, 50, 100], 6 * FPS, sound)
    retagged(path, b"DURATION", b"OTHERTAG")
    span = (2000).to_bytes(2, "big")  # of the last frame: its BlockDuration (9B) becomes Void (EC)
    retagged(path, b"\x9b\x82" + span, b"\xec\x82" + span)
    assert_clock(path, 0, end, 3)


def test_an_edit_list_ends_the_picture_within_a_held_frame(tmp_path):
    path = write_clocked(tmp_path / "file.mp4", [0, 50, 100], 6 * FPS)
    retagged(
        path, (6000).to_bytes(4, "big") + bytes(4) + b"\0\1\0\0", (5000).to_bytes(4, "big") + bytes(4) + b"\0\1\0\0"
    )
    assert_clock(path, 0, 5, 3)


@pytest.mark.parametrize("container", ["ts", "mts", "mkv", "mp4", "mov"])
@pytest.mark.parametrize("pairs", ["timed", "first", "one"])
def test_fields_make_frames(tmp_path, container, pairs):
    path = write_field_coded(tmp_path / f"camera.{container}", numbered_frames(50), FPS, pairs)
    assert_clock(path, 0, 2, 50)
    with open_video(path, 32, "pyav", LIMITS) as reader:
        assert numbers_of(reader.frames(range(50))) == list(range(50))


@pytest.mark.skipif("AMDNET_CASES" not in os.environ, reason="AMDNET_CASES does not name the cases")
@pytest.mark.parametrize(
    ("name", "first", "end", "rows"),
    [
        ("01-sound-longer-than-picture/mkv_audio60.mkv", 0, 30, 20),
        ("01-sound-longer-than-picture/mkv_plain.mkv", 0, 30, 20),
        ("02-last-frame-held/slides.mp4", 0, 60, 40),
        ("03-picture-starts-late/late.mp4", 10, 40, 27),
        ("04-browser-recording/chrome52.webm", 0, 50.783, 34),
        ("26-header-durations/audio26_video20.mkv", 0, 20, 14),
        ("26-header-durations/live_1h.mkv", 0, 20, 14),
    ],
)
def test_files_whose_headers_mislead(name, first, end, rows):
    path = Path(os.environ["AMDNET_CASES"]) / name
    found = probe(path, LIMITS)
    assert (found.first, found.end) == (pytest.approx(first, abs=1e-3), pytest.approx(end, abs=1e-3))
    line = survey(path).timeline
    for plan in (clips.full_clip(line, 1.5), clips.middle(line, 1.5), clips.uniform(line, 1.5, 3.0)):
        assert len(plan) == rows


@pytest.mark.skipif("AMDNET_REAL_DATA" not in os.environ, reason="AMDNET_REAL_DATA does not name the real data")
def test_a_real_picture_that_starts_late():
    found = probe(Path(os.environ["AMDNET_REAL_DATA"]) / "videos_formats" / "googlework_short.mp4", LIMITS)
    assert (found.first, found.end) == (pytest.approx(0.834, abs=1e-3), pytest.approx(35.068, abs=1e-3))
