"""What the packets tell: times without decoding, and damage by name."""

import av
import numpy as np
import pytest
from helpers.formats import FORMATS, write_format
from helpers.numbered import numbered_frames
from helpers.videos import write_sound, write_video

from pipeline.video.reader import VideoError
from pipeline.video.survey import survey


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
