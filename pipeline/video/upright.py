"""Turns a decoded frame the way it is meant to be seen.

Phones store frames as the sensor lies, and beside them how they are to be turned. Tests: tests/video/test_readers.py,
tests/report/test_frames.py.
"""

from fractions import Fraction

import av
import numpy as np
from av.sidedata.sidedata import Type
from av.video.stream import VideoStream

AS_STORED = (1, 0, 0, 1)


def upright(pixels: np.ndarray, frame: av.VideoFrame) -> np.ndarray:
    """Return the pixels (H, W, 3) of `frame`, or of a scaled copy, turned and mirrored as the frame's metadata says."""
    a, b, c, d = orientation(frame)
    if a == 0:
        pixels = pixels.transpose(1, 0, 2)
    return np.ascontiguousarray(pixels[:: b + d, :: a + c])


def orientation(frame: av.VideoFrame) -> tuple[int, int, int, int]:
    """Return (a, b, c, d), each -1, 0 or 1: a pixel at (x, y), y downwards, is shown at (a x + c y, b x + d y).

    This is the display matrix rounded to quarter turns, with or without a mirror: eight cases.
    """
    stored = frame.side_data.get(Type.DISPLAYMATRIX)  # type: ignore[call-overload]  # PyAV names no type of the keys
    if stored is None:
        return AS_STORED
    a, b, _, c, d = np.frombuffer(stored, np.int32)[:5].tolist()
    straight = abs(a) + abs(d) >= abs(b) + abs(c)
    return (_sign(a), 0, 0, _sign(d)) if straight else (0, _sign(b), _sign(c), 0)


def pixel_aspect(stream: VideoStream) -> Fraction:
    """Return how many times as wide as high a stored pixel is to be shown; 1 where the file does not say."""
    return stream.sample_aspect_ratio or Fraction(1)


def _sign(number: int) -> int:
    return -1 if number < 0 else 1
