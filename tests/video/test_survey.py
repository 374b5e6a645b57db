"""What the packets tell: times without decoding, and damage by name."""

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from helpers.formats import FORMATS, write_format
from helpers.numbered import numbered_frames, numbers_of
from helpers.videos import write_sound, write_video

from pipeline.video.decode import open_video
from pipeline.video.params import DecodeParams
from pipeline.video.reader import VideoError
from pipeline.video.survey import survey

LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)


@pytest.mark.parametrize("name", FORMATS)
def test_the_times_are_those_of_the_decoded_frames(tmp_path, name):
    path = write_format(tmp_path, name)
    found = survey(path)
    if found.pts is not None:
        with av.open(str(path)) as container:
            assert [frame.pts for frame in container.decode(video=0)] == found.pts.tolist()
    assert np.abs(found.timeline.starts - np.arange(24) / 24).max() < 1.1e-3  # mkv, webm and asf count milliseconds
    assert found.timeline.end == pytest.approx(1.0, abs=2e-3) and found.timeline.average_fps == 24


@pytest.mark.parametrize("name", ["h264.mkv", "vp9.webm", "h264.mp4", "mpeg4.avi"])
def test_an_end_that_is_missing_is_noticed_wherever_it_was_cut(tmp_path, name):
    data = write_format(tmp_path, name).read_bytes()
    path = tmp_path / f"cut_{name}"
    for kept in range(5, 95, 3):
        path.write_bytes(data[: len(data) * kept // 100])
        with pytest.raises(VideoError):
            survey(path)


def test_an_avi_that_declares_more_frames_than_it_holds_is_refused(tmp_path):
    path = write_format(tmp_path, "mpeg4.avi")
    data = bytearray(path.read_bytes())
    length = data.index(b"strh") + 8 + 32
    assert data[length : length + 4] == (24).to_bytes(4, "little")
    data[length : length + 4] = (60).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(VideoError, match="declares 60 frames but holds 24"):
        survey(path)


def test_two_frames_of_the_same_time_are_both_kept(tmp_path):
    path = write_video(tmp_path / "video.mkv", numbered_frames(8), 4000, options={"bf": "0"})  # mkv counts milliseconds
    starts = survey(path).timeline.starts
    assert len(starts) == 8 and (np.diff(starts) == 0).any() and (np.diff(starts) >= 0).all()


def test_an_avi_counts_frames_without_data_as_frames_shown_again(tmp_path):
    path = write_video(tmp_path / "gaps.avi", numbered_frames(4), 10, "mpeg4", times=[0, 1, 7, 20])
    assert survey(path).timeline.starts == pytest.approx([0, 0.1, 0.7, 2.0])


OTHER_CONTAINERS = {  # suffix -> encoder, pixel format, side of the pictures
    "gif": ("gif", "rgb8", 1),
    "apng": ("apng", "rgb24", 1),
    "f4v": ("libx264", "yuv420p", 1),
    "ogv": ("libvpx", "yuv420p", 1),
    "ogg": ("libvpx", "yuv420p", 1),
    "mxf": ("mpeg2video", "yuv420p", 1),
    "vob": ("mpeg2video", "yuv420p", 1),
    "3gp": ("libx264", "yuv420p", 1),
    "nut": ("libx264", "yuv420p", 1),
    "rm": ("rv20", "yuv420p", 1),
    "asf": ("msmpeg4v3", "yuv420p", 1),
    "wtv": ("mpeg2video", "yuv420p", 1),
    "m2v": ("mpeg2video", "yuv420p", 1),
    "y4m": ("wrapped_avframe", "yuv420p", 1),
    "dv": ("dvvideo", "yuv420p", 18),
}


@pytest.mark.parametrize("suffix", OTHER_CONTAINERS)
def test_rarer_containers_are_read_frame_by_frame(tmp_path, suffix):
    codec, pix_fmt, times = OTHER_CONTAINERS[suffix]
    frames = [np.kron(frame, np.ones((times, times, 1), np.uint8)) for frame in numbered_frames(25)]
    frames = [np.pad(frame, ((0, 0), (72, 72), (0, 0))) for frame in frames] if times > 1 else frames  # 720 x 576
    path = write_video(tmp_path / f"video.{suffix}", frames, 25, codec, pix_fmt)
    assert survey(path).timeline.end == pytest.approx(1, abs=2e-3)
    with open_video(path, 32, "pyav", LIMITS) as reader:
        assert numbers_of(reader.frames(range(25))) == list(range(25))


def test_an_animated_gif_holds_each_picture_as_long_as_it_says(tmp_path):
    path = write_video(tmp_path / "slides.gif", numbered_frames(3), 10, "gif", "rgb8", times=[0, 20, 30])
    data = bytearray(path.read_bytes())
    delay = data.rindex(b"!\xf9\x04") + 4
    data[delay : delay + 2] = (300).to_bytes(2, "little")  # hundredths of a second that the last picture is held
    path.write_bytes(data)
    line = survey(path).timeline
    assert (line.starts.tolist(), line.end) == ([0, 2, 3], 6)


def test_an_animated_webp_and_frames_without_times_are_refused_with_a_way_out(tmp_path):
    write_video(tmp_path / "moving.webp", numbered_frames(3), 10, "libwebp_anim")
    with pytest.raises(VideoError, match="animated WebP is not read.*\n.*convert it"):
        survey(tmp_path / "moving.webp")
    write_video(tmp_path / "raw.h264", numbered_frames(5))
    with pytest.raises(VideoError, match="frames have no times.*\n.*container"):
        survey(tmp_path / "raw.h264")


def test_a_cover_is_no_picture(tmp_path):
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as file:
        tone, cover = file.add_stream("aac", rate=16000), file.add_stream("mjpeg", rate=1)
        cover.width = cover.height = 32
        cover.pix_fmt, cover.disposition = "yuvj420p", av.stream.Disposition.attached_pic
        file.mux(cover.encode(av.VideoFrame.from_ndarray(numbered_frames(1)[0], format="rgb24")))
        file.mux(cover.encode(None))
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 16000
        file.mux(tone.encode(sound))
        file.mux(tone.encode(None))
    with pytest.raises(VideoError, match="only sound with a cover"):
        survey(path)


def test_an_absurd_length_or_picture_is_refused(tmp_path):
    times = [0, 25 * 3600 * 10]
    with pytest.raises(VideoError, match="25 hours"):
        survey(write_video(tmp_path / "long.mp4", numbered_frames(2), 10, times=times))
    with pytest.raises(VideoError, match="more than 32 to 1"):
        survey(write_video(tmp_path / "thin.mp4", [np.zeros((16, 800, 3), np.uint8)] * 2))


CAUSES = {
    "empty": "not a readable video: Invalid data",
    "text": "not a readable video: Invalid data",
    "without_index": "not a readable video",
    "audio_only": "holds no video stream",
    "missing": "does not exist",
}


@pytest.mark.parametrize("name", CAUSES)
def test_what_is_no_video_is_an_error_that_says_why(tmp_path, name):
    good = write_format(tmp_path, "h264.mp4").read_bytes()
    for kind, content in (("empty", b""), ("text", b"no video\n" * 40), ("without_index", good[: good.index(b"moov")])):
        (tmp_path / f"{kind}.mp4").write_bytes(content)
    write_sound(tmp_path / "audio_only.mp4")
    with pytest.raises(VideoError, match=CAUSES[name]) as caught:
        survey(tmp_path / f"{name}.mp4")
    assert caught.value.where == tmp_path / f"{name}.mp4" and "\n" not in caught.value.cause


def test_a_short_side_of_none_keeps_the_size(tmp_path):
    frames = [np.zeros((48, 80, 3), np.uint8)] * 5
    found = survey(write_video(tmp_path / "film.mp4", frames, 10))
    assert found.scaled(None) == (80, 48) and found.scaled(24) == (40, 24)
    anamorphic = replace(found, aspect=Fraction(16, 15))
    assert anamorphic.scaled(None) == (85, 48)
