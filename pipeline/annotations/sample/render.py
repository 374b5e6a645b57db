"""Drawing and encoding of the embedded sample: one shape moving over one background, h264 through PyAV.

The same scene gives the same bytes on every run: no time stamps, one encoder thread.
Test: tests/annotations/test_sample.py.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT, FPS = 128, 96, 12
SHAPE_RADIUS = 20
TRAVEL = 0.35
"""How far a shape's centre moves to either side of the middle, as a share of the frame."""

_Y, _X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)


@dataclass(frozen=True)
class Scene:
    """One event as pixels: RGB colours, a shape, a pattern, a direction (x, y), a length in frames."""

    shape: str
    colour: tuple[int, int, int]
    direction: tuple[int, int]
    pattern: str
    background: tuple[tuple[int, int, int], tuple[int, int, int]]
    frames: int


def scene_frames(scene: Scene) -> Iterator[np.ndarray]:
    """The (HEIGHT, WIDTH, 3) uint8 frames of one event."""
    backdrop = _backdrop(scene.pattern, scene.background)
    for index in range(scene.frames):
        progress = 2 * index / max(scene.frames - 1, 1) - 1
        x = WIDTH / 2 + scene.direction[0] * progress * TRAVEL * WIDTH
        y = HEIGHT / 2 + scene.direction[1] * progress * TRAVEL * HEIGHT
        inside = _inside(scene.shape, _X - x, _Y - y)[..., None]
        yield np.where(inside, np.array(scene.colour), backdrop).astype(np.uint8)


def _backdrop(pattern: str, colours: tuple[tuple[int, int, int], tuple[int, int, int]]) -> np.ndarray:
    mix = {
        "plain": lambda: np.zeros_like(_X),
        "stripes": lambda: (_X // 12) % 2,
        "chessboard": lambda: (_X // 16 + _Y // 16) % 2,
        "gradient": lambda: _Y / (HEIGHT - 1),
        "dots": lambda: ((_X % 16 - 8) ** 2 + (_Y % 16 - 8) ** 2 < 20).astype(np.float64),
    }[pattern]()[..., None]
    first, second = (np.array(colour, dtype=np.float64) for colour in colours)
    return first * (1 - mix) + second * mix


def _inside(shape: str, dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    r = SHAPE_RADIUS
    distance = np.hypot(dx, dy)
    return {
        "circle": lambda: distance < r,
        "square": lambda: np.maximum(abs(dx), abs(dy)) < 0.85 * r,
        "triangle": lambda: (dy < 0.8 * r) & (2 * abs(dx) < dy + r),
        "ring": lambda: (distance < r) & (distance > 0.55 * r),
        "cross": lambda: (np.minimum(abs(dx), abs(dy)) < 0.3 * r) & (np.maximum(abs(dx), abs(dy)) < r),
    }[shape]()


def write_video(path: Path, frames: Iterable[np.ndarray]) -> None:
    """Encode (HEIGHT, WIDTH, 3) uint8 frames at FPS as h264 in mp4."""
    with av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "20", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.thread_count = 1
        stream.time_base = Fraction(1, FPS)
        for index, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
