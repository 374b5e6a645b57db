"""Pictures are of the right moment, and a file without any says why."""

import base64

import av
import numpy as np
import pytest
from av.stream import Disposition

from pipeline.report.frames import UnreadableVideo, pictures
from pipeline.sections import DecodeParams
from pipeline.video.decode import open_video

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


def test_of_two_streams_the_one_is_shown_whose_features_are_extracted(tmp_path):
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("mpeg4", rate=10) for _ in range(2)]
        for stream, size in zip(streams, (32, 128), strict=True):
            stream.width, stream.height, stream.pix_fmt = size, size, "yuv420p"
        streams[1].disposition = Disposition.default
        container.start_encoding()
        for stream, colour in zip(streams, (10, 240), strict=True):
            image = np.full((stream.height, stream.width, 3), colour, np.uint8)
            frames = [av.VideoFrame.from_ndarray(image, format="rgb24") for _ in range(5)]
            container.mux([packet for frame in [*frames, None] for packet in stream.encode(frame)])
    with open_video(path, 32, "pyav", DecodeParams(deadline_floor=60.0, deadline_factor=4.0)) as reader:
        extracted = next(reader.frames([0])).mean()
    (shown,) = pictures(path, [0.2])
    assert decoded(shown, tmp_path).mean() == pytest.approx(extracted, abs=10) and extracted > 200


def test_sound_alone_is_no_picture(tmp_path):
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), dtype=np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(UnreadableVideo, match="no video stream"):
        pictures(path, [0.5])
