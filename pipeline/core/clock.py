"""The one clock of a video: seconds as a player shows them, counted from the start of the file.

Pictures, annotations, subtitles and predicted spans all use it. Row i of a feature file covers
[i * clip_seconds, (i + 1) * clip_seconds), from 0 to the end of the picture. Test: tests/core/test_clock.py.
"""

import math

ROUNDING = 2e-3
"""Seconds by which the end of a picture may be off because a container rounds its times (mkv: to milliseconds)."""


def clip_count(end: float, clip_seconds: float) -> int:
    """The number T of clips of a picture that ends at `end` seconds: the last one covers the end, at least one.

    A rest of `ROUNDING` seconds or less makes no clip of its own.
    """
    return max(1, math.ceil((end - ROUNDING) / clip_seconds))
