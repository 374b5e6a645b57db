"""Pictures are of the right moment, and a file without any says why."""

import base64

import av
import numpy as np
import pytest

from pipeline.report.frames import UnreadableVideo, pictures

START = "data:image/jpeg;base64,"


def decoded(uri: str, folder) -> np.ndarray:
    path = folder / "picture.jpg"
    path.write_bytes(base64.b64decode(uri.removeprefix(START)))
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def test_the_frame_on_screen_at_each_time(video, tmp_path):
    taken = pictures(video, [0.5, 1.5, 1.99, 3.5, 99.0])
    colours = [decoded(uri, tmp_path).mean(axis=(0, 1)) for uri in taken]
    expected = [(200, 30, 30), (30, 200, 30), (30, 200, 30), (220, 220, 40), (220, 220, 40)]
    np.testing.assert_allclose(colours, expected, atol=30)


def test_pictures_are_small_and_always_the_same(video, tmp_path):
    one, other = pictures(video, [0.5]), pictures(video, [0.5])
    assert one == other and len(one[0]) < 6000
    assert decoded(one[0], tmp_path).shape == (120, 160, 3)


@pytest.mark.parametrize("content", [None, b"", b"not a video" * 1000])
def test_what_cannot_be_read_says_why(tmp_path, content):
    path = tmp_path / "broken.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableVideo, match="."):
        pictures(path, [0.5])


def test_a_video_that_lost_its_index_is_unreadable(video):
    video.write_bytes(video.read_bytes()[:-400])
    with pytest.raises(UnreadableVideo):
        pictures(video, [0.5])


def test_sound_alone_is_no_picture(tmp_path):
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), dtype=np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(UnreadableVideo, match="no video stream"):
        pictures(path, [0.5])
