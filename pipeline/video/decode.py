"""Which decoder reads a video."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.video.decord_reader import DecordReader
from pipeline.video.reader import Reader

DECODER = "decord"
"""Named in every recipe: another decoder may give other pixels."""


@contextmanager
def open_video(path: Path | str, short_side: int) -> Iterator[Reader]:
    """An open video, its short side scaled to `short_side` pixels; raises VideoError where it cannot be read."""
    reader = DecordReader(path, short_side)
    try:
        yield reader
    finally:
        reader.close()
