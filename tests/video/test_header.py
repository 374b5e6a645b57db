"""What a header says, in a process that can be killed: about how long a video is, and that a file holds none."""

import struct

import pytest
from helpers.numbered import numbered_frames
from helpers.videos import grey_frames, write_video

from pipeline.video.header import header
from pipeline.video.params import DecodeParams
from pipeline.video.probe import glance
from pipeline.video.reader import VideoError

LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts", "flv"])
def test_the_length_is_about_right_in_every_container(tmp_path, suffix):
    path = write_video(tmp_path / f"video.{suffix}", grey_frames(40), 20)
    found = glance(path, LIMITS)
    assert found == header(path) and found.codec == "h264" and found.seconds == pytest.approx(2.0, abs=0.11)


def test_a_live_recording_says_no_length(tmp_path):
    path = write_video(tmp_path / "live.webm", grey_frames(8), codec="libvpx", container_options={"live": "1"})
    assert header(path).seconds is None


def test_damage_behind_the_header_is_not_looked_for(tmp_path):
    path = write_video(tmp_path / "torn.mp4", numbered_frames(24), container_options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[:-500])
    assert header(path).seconds == pytest.approx(2.4)


@pytest.mark.parametrize(
    ("content", "cause"), [(b"", "not a readable video"), (b"#EXTM3U\n", "begins like a playlist")]
)
def test_what_is_no_video_is_named(tmp_path, content, cause):
    (tmp_path / "bad.mp4").write_bytes(content)
    with pytest.raises(VideoError, match=cause):
        glance(tmp_path / "bad.mp4", LIMITS)


def test_a_length_that_cannot_be_is_not_believed(tmp_path):
    path = write_video(tmp_path / "years.mkv", numbered_frames(12), 10)
    before, duration, behind = path.read_bytes().partition(b"\x44\x89\x88")
    assert header(path).seconds == pytest.approx(1.2, abs=0.1)
    path.write_bytes(before + duration + struct.pack(">d", 1e12) + behind[8:])
    assert header(path).seconds is None
