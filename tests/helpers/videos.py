"""Small videos for tests, encoded through PyAV."""

import struct
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np


def grey_frames(count: int, height: int = 32, width: int = 48) -> list[np.ndarray]:
    """`count` frames (height, width, 3) uint8, each brighter than the one before."""
    return [np.full((height, width, 3), 10 + 230 * k // max(count - 1, 1), np.uint8) for k in range(count)]


def write_video(
    path: Path,
    frames: Iterable[np.ndarray],
    fps: int | Fraction = 10,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: Mapping[str, str] | None = None,
    times: Iterable[int] | None = None,
    container_options: Mapping[str, str] | None = None,
    codec_settings: Mapping[str, Any] | None = None,
) -> Path:
    """Encode (H, W, 3) uint8 frames in the container of the extension; `times` in units of 1 / fps (default 0, 1).

    codec_settings: attributes of the codec context, such as sample_aspect_ratio, colorspace and color_range; the
    pixels are converted by the latter two.

    Equal arguments give equal bytes: without the muxer's random ids, on one thread.
    """
    frames = list(frames)
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options={"fflags": "+bitexact", **(container_options or {})}) as container:
        stream = container.add_stream(codec, rate=Fraction(fps), options=dict(options or {}))
        stream.codec_context.thread_count = 1
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        for name, value in (codec_settings or {}).items():
            setattr(stream.codec_context, name, value)
        stream.codec_context.time_base = 1 / Fraction(fps)
        for pts, pixels in zip(times if times is not None else range(len(frames)), frames, strict=True):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            if codec_settings:
                frame = _converted(frame, stream.codec_context)
            frame.pts, frame.time_base = pts, 1 / Fraction(fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _converted(frame: av.VideoFrame, encoder: av.VideoCodecContext) -> av.VideoFrame:
    """The RGB frame in the encoder's pixel format, colour matrix and range, and marked so."""
    return frame.reformat(
        format=encoder.pix_fmt, dst_colorspace=encoder.colorspace, dst_color_range=encoder.color_range
    )


def write_sound(path: Path, seconds: float = 1.0, rate: int = 16000) -> Path:
    """A file with a tone and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=rate, layout="mono")
        tone = np.sin(np.arange(int(seconds * rate)) * 0.1).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


ORIENTATIONS: dict[str, tuple[tuple[int, int, int, int], Callable[[np.ndarray], np.ndarray]]] = {
    "turned 90": ((0, 1, -1, 0), lambda picture: np.rot90(picture, -1)),
    "turned 180": ((-1, 0, 0, -1), lambda picture: np.rot90(picture, 2)),
    "turned 270": ((0, -1, 1, 0), np.rot90),
    "mirrored": ((-1, 0, 0, 1), np.fliplr),
    "upside down": ((1, 0, 0, -1), np.flipud),
    "transposed": ((0, 1, 1, 0), lambda picture: picture.swapaxes(0, 1)),
    "transposed across": ((0, -1, -1, 0), lambda picture: np.rot90(picture, 2).swapaxes(0, 1)),
}
"""Name -> a, b, c, d of an mp4's matrix (the pixel at x, y is shown at a x + c y, b x + d y) and what a player does."""


def oriented(path: Path, source: Path, matrix: tuple[int, int, int, int]) -> Path:
    """A copy of an mp4 whose header asks for its picture to be shown by this matrix."""
    a, b, c, d = (number << 16 for number in matrix)
    data = source.read_bytes()
    unit = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    start = data.index(unit, data.index(b"tkhd"))
    path.write_bytes(data[:start] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + data[start + len(unit) :])
    return path
