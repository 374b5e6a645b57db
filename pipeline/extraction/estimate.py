"""What an extraction will take, in time and on the disk, as the first videos tell it.

Test: tests/extraction/test_progress.py.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from pipeline.core.amounts import hours, size
from pipeline.core.manifest import Video
from pipeline.extraction.stream import Stream
from pipeline.feature_io.store import Store, entry_key

FIRST_VIDEOS = 3
"""After how many videos the estimate is made."""
WORTH_SAYING = 10.0
"""Seconds that the rest must take at least, or nobody needs to be told."""


def estimate(
    stream: Stream, store: Store, first: Sequence[Video], seconds: float, left: Sequence[Video], videos: Sequence[Video]
) -> str | None:
    """Say what the rest takes; None where that is a matter of seconds.

    first: the videos that take `seconds` together, at most; left: those that are still to do; videos: all of the
    feature file.
    """
    played = sum(video.duration for video in first)
    time = seconds * sum(video.duration for video in left) / max(played, 1e-9)
    if time < WORTH_SAYING:
        return None
    written = sum(store.path(entry_key(video.sha256, stream.provenance)).stat().st_size for video in first)
    a_second = written / max(played, 1e-9)
    stored, packed = (round(a_second * sum(video.duration for video in some)) for some in (left, videos))
    free = min(_free(store.folder), _free(Path()))
    line = (
        f"{stream.name}: by the first {len(first)} videos the other {len(left):,} take at most about {hours(time)}; "
        f"their features take {size(stored)} in {store.folder}, those of all {size(packed)} in outputs/features"
    )
    scarce = f"; THERE IS NOT ENOUGH ROOM: {size(free)} are free" if stored + packed > free else ""
    return f"{line}{scarce or f' ({size(free)} are free)'}"


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
