"""Pictures are of the right moment, and a file without any says why."""

import base64
import math
import os
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from av.stream import Disposition
from helpers.clocked import write_clocked
from helpers.numbered import numbers_of
from helpers.videos import ORIENTATIONS, oriented, write_video

from pipeline.core.files import sha256_file, sha256_text
from pipeline.core.manifest import Video
from pipeline.report import frames
from pipeline.report.frames import one_picture
from pipeline.video.decode import open_video
from pipeline.video.params import DecodeParams
from pipeline.video.reader import VideoError

LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)
START = "data:image/jpeg;base64,"


def video_of(path, used_seconds=math.inf) -> Video:
    sha256 = sha256_file(path) if path.is_file() else sha256_text(str(path))
    return Video("colours", str(path), sha256, 4.0, ("test",), used_seconds=used_seconds)


def pictures(path, times):
    return frames.pictures(video_of(path), times, LIMITS)


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


def test_times_are_those_of_a_player_where_the_sound_starts_first(tmp_path):
    path = write_clocked(tmp_path / "late.mkv", range(25, 75), 75, sound=(0.0, 3.0))
    seen = [decoded(uri, tmp_path)[2::5, 2::5] for uri in pictures(path, [0.5, 1.5, 2.9, 9.0])]
    assert numbers_of(seen) == [0, 12, 47, 49]


def forget(store) -> None:
    for entry in store.rglob("*.safetensors"):
        entry.unlink()


def test_pictures_are_small_and_always_the_same(video, tmp_path, store):
    one = pictures(video, [0.5])
    forget(store)
    other = pictures(video, [0.5])
    assert one == other and len(one[0]) < 6000
    assert decoded(one[0], tmp_path).shape == (120, 160, 3)


@pytest.mark.parametrize("content", [None, b"", b"not a video" * 1000])
def test_what_cannot_be_read_says_why(tmp_path, content):
    path = tmp_path / "broken.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(VideoError, match="."):
        pictures(path, [0.5])


def test_a_video_that_lost_its_index_is_unreadable(video):
    video.write_bytes(video.read_bytes()[:-400])
    with pytest.raises(VideoError):
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
    with open_video(path, 32, "pyav", LIMITS) as reader:
        extracted = next(reader.frames([0])).mean()
    (shown,) = pictures(path, [0.2])
    assert decoded(shown, tmp_path).mean() == pytest.approx(extracted, abs=10) and extracted > 200


@pytest.mark.parametrize("name", ORIENTATIONS)
def test_a_video_is_shown_as_its_matrix_says(tmp_path, name):
    matrix, seen = ORIENTATIONS[name]
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, :20] = 255
    image[30:] //= 2
    plain = write_video(tmp_path / "plain.mp4", [image])
    (shown,) = pictures(oriented(tmp_path / "oriented.mp4", plain, matrix), [0.0])
    picture, upright = decoded(shown, tmp_path), seen(image)
    assert picture.shape == ((120, 160, 3) if upright.shape == image.shape else (212, 160, 3))
    rows, columns = (np.linspace(4, size - 5, 9).astype(int) for size in picture.shape[:2])
    there, here = (np.linspace(0, size - 1, 9).astype(int) for size in upright.shape[:2])
    assert np.abs(picture[rows][:, columns].astype(int) - upright[there][:, here]).mean() < 20


def test_pixels_that_are_not_square_are_shown_as_wide_as_they_are_meant(tmp_path):
    frames, wide = [np.zeros((64, 96, 3), np.uint8)], {"sample_aspect_ratio": Fraction(2)}
    plain = write_video(tmp_path / "plain.mp4", frames, codec_settings=wide)
    turned = oriented(tmp_path / "turned.mp4", plain, ORIENTATIONS["turned 90"][0])
    shapes = [decoded(pictures(path, [0.0])[0], tmp_path).shape for path in (plain, turned)]
    assert shapes == [(54, 160, 3), (480, 160, 3)]


def test_a_title_that_is_not_utf_8_costs_no_picture(tmp_path):
    path = tmp_path / "titled.mp4"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "caf? in winter"
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 200, np.uint8), format="rgb24")
        container.mux([*stream.encode(frame), *stream.encode(None)])
    data = path.read_bytes()
    assert data.count(b"caf?") == 1
    path.write_bytes(data.replace(b"caf?", b"caf\xe9"))
    (shown,) = pictures(path, [0.0])
    assert decoded(shown, tmp_path).mean() == pytest.approx(200, abs=10)


def test_sound_alone_is_no_picture(tmp_path):
    path = tmp_path / "sound.mka"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), dtype=np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(VideoError, match="no video stream"):
        pictures(path, [0.5])


def test_a_decoder_that_hangs_is_stopped_at_its_deadline(tmp_path):
    fifo = tmp_path / "hangs.mp4"
    os.mkfifo(fifo)
    writer = os.open(fifo, os.O_RDWR)  # it opens, and nothing is ever written
    hurried = DecodeParams(order=["decord", "pyav"], deadline_floor=0.5, deadline_factor=0.1, max_ahead_mib=1024)
    with pytest.raises(VideoError, match="not done within|not a"):
        frames.pictures(video_of(fifo), [0.5], hurried)
    os.close(writer)


def test_what_the_store_has_is_not_decoded_again(video, monkeypatch):
    decoded, ask = [], frames.ask
    monkeypatch.setattr(
        frames, "ask", lambda question, *rest: decoded.append(question[1].seconds) or ask(question, *rest)
    )
    first = pictures(video, [0.5, 2.5])
    again = pictures(video, [0.5, 1.5, 2.5])
    assert (again[0], again[2]) == tuple(first) and again[1] not in first
    assert pictures(video, [1.5]) == again[1:2] and decoded == [(0.5, 2.5), (1.5,)]
    damaged = video.with_name("other.mp4")
    damaged.write_bytes(video.read_bytes() + b"more")
    pictures(damaged, [0.5])
    assert decoded[2:] == [(0.5,)], "another content is another video"


def test_the_one_picture_of_a_video_is_taken_once(video, store):
    listed = video_of(video)
    taken = one_picture(listed, LIMITS)
    assert taken == pictures(video, [2.0])[0]
    video.unlink()
    assert one_picture(listed, LIMITS) == taken, "the store has it"
    forget(store)
    assert one_picture(listed, LIMITS) is None


def test_another_content_has_another_picture(video):
    assert one_picture(video_of(video), LIMITS) != one_picture(video_of(video, used_seconds=1.0), LIMITS)
    video.write_bytes(b"no video")
    listed = video_of(video)
    assert one_picture(listed, LIMITS) is None and one_picture(replace(listed, path=None), LIMITS) is None
