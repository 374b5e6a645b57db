"""Encodes a small picture as JPEG, the same bytes each time. Test: tests/report/test_frames.py."""

from fractions import Fraction

import av
import numpy as np


def jpeg(picture: np.ndarray, width: int, quality: int) -> bytes:
    """Return (H, W, 3) uint8 RGB as a JPEG of this width, as high as its shape says.

    The height is rounded to an even number. quality: in ffmpeg's scale, from 2 (best) to 31.
    """
    seen = av.VideoFrame.from_ndarray(picture, format="rgb24")
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = width, max(2, round(seen.height * width / seen.width / 2) * 2)
    encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, 25)
    encoder.qmin = encoder.qmax = quality
    resized = seen.reformat(encoder.width, encoder.height, "yuvj420p")
    resized.pts = 0
    return b"".join(map(bytes, [*encoder.encode(resized), *encoder.encode(None)]))
