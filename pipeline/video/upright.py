"""A decoded picture as it is meant to be seen: phones store it as the sensor lies and add how it is to be turned.

Tests: tests/video/test_readers.py, tests/report/test_frames.py.
"""

import av
import numpy as np


def upright(pixels: np.ndarray, frame: av.VideoFrame) -> np.ndarray:
    """The pixels (H, W, 3) of `frame`, or of a scaled copy, turned as its metadata says; quarter turns only."""
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))
