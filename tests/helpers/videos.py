"""Small videos for tests, encoded through PyAV."""

import struct
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

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
) -> Path:
    """Encode (H, W, 3) uint8 frames in the container of the extension; `times` in units of 1 / fps (default 0, 1).

    Equal arguments give equal bytes: without the muxer's random ids, on one thread.
    """
    frames = list(frames)
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options={"fflags": "+bitexact", **(container_options or {})}) as container:
        stream = container.add_stream(codec, rate=Fraction(fps), options=dict(options or {}))
        stream.codec_context.thread_count = 1
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = 1 / Fraction(fps)
        for pts, pixels in zip(times if times is not None else range(len(frames)), frames, strict=True):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = pts, 1 / Fraction(fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


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


def turned(path: Path, source: Path, degrees: int) -> Path:
    """A copy of an mp4 whose header asks for a turn of `degrees` clockwise (90, 180, 270)."""
    data = source.read_bytes()
    unit = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    cosine, sine = {90: (0, 1 << 16), 180: (-1 << 16, 0), 270: (0, -1 << 16)}[degrees]
    matrix = struct.pack(">9i", cosine, sine, 0, -sine, cosine, 0, 0, 0, 1 << 30)
    start = data.index(unit, data.index(b"tkhd"))
    path.write_bytes(data[:start] + matrix + data[start + len(unit) :])
    return path
