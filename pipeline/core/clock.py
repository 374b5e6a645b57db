"""The one clock of a video: seconds as a player shows them, counted from the start of the file.

Pictures, annotations, subtitles and predicted spans all use it. Row i of a feature file covers
[i * clip_seconds, (i + 1) * clip_seconds), from 0 to the end of the picture. Test: tests/core/test_clock.py.
"""

import math

ROUNDING = 2e-3
"""Seconds by which the end of a picture may be off because a container rounds its times (mkv: to milliseconds)."""


def clip_count(end: float, clip_seconds: float) -> int:
    """Return T, the number of clips of a video whose picture ends at `end` seconds.

    There is at least one clip, and the last one covers the end. A rest of `ROUNDING` seconds or less makes no clip of
    its own.
    """
    return max(1, math.ceil((end - ROUNDING) / clip_seconds))
