"""Finds the file of a video of the index. Test: tests/service/test_posters.py."""

import stat
from pathlib import Path

from pipeline.search.results import IndexedVideo
from pipeline.service.errors import MISSING, MediaError


def file_of(video: IndexedVideo) -> tuple[Path, tuple[int, int]]:
    """Return the path of the video's file, and its size and time of change, by which a changed file is known.

    Raises MediaError where the video has no file, or it is not there.
    """
    if video.path is None:
        raise MediaError("This video has no file: the index was made from features.", MISSING)
    try:
        found = video.path.stat()
    except (OSError, ValueError):
        found = None
    if found is None or not stat.S_ISREG(found.st_mode):
        raise MediaError("The file of this video is not where the index says.", MISSING)
    return video.path, (found.st_size, found.st_mtime_ns)
