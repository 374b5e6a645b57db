"""Counts the frames of an avi file: a chunk without data, which FFmpeg leaves out, shows the frame before once more.

Test: tests/video/test_survey.py.
"""

import mmap
import struct
from pathlib import Path

_NESTED = (b"RIFF", b"LIST")


def frame_chunks(path: Path | str, stream_index: int) -> int:
    """Return the number of a stream's chunks that are frames, including those without data."""
    ours = [f"{stream_index:02d}{kind}".encode() for kind in ("dc", "db")]
    count = position = 0
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        while position + 8 <= len(data):
            name, size = struct.unpack_from("<4sI", data, position)
            count += name in ours
            position += 12 if name in _NESTED else 8 + size + size % 2
    return count
