"""Sends the file of a video as it is, whole or in ranges. Test: tests/service/test_ranges.py."""

import os
import re
from pathlib import Path

from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from pipeline.search.results import IndexedVideo
from pipeline.service.errors import MISSING, MediaError
from pipeline.service.files import file_of
from pipeline.service.playing import MEDIA_TYPES, how

RANGE = re.compile(r"\s*([0-9]*)\s*-\s*([0-9]*)\s*")
MOST_DIGITS = 18
"""Of a place in a file; a number with more is behind the end of every file."""


class VideoFile(FileResponse):
    """Starlette's answer with ranges. A Range header that is none is left out of account, as RFC 9110 wants it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, or the ranges of it that the request asks for."""
        headers = [(name, value) for name, value in scope["headers"] if name != b"range" or _is_range(value)]
        await super().__call__({**scope, "headers": headers}, receive, send)


def video_file(video: IndexedVideo) -> VideoFile:
    """Return what answers with the file of a video. Raises MediaError where a browser cannot play it as it is.

    It looks into the file, so call it in a thread.
    """
    path, _ = file_of(video)
    if how(video) != "file":
        raise MediaError("A browser cannot play this file as it is; ask for its stream.", MISSING)
    return VideoFile(
        path,
        stat_result=_readable(path),
        media_type=MEDIA_TYPES[path.suffix.lower()],
        headers={"cache-control": "no-cache"},
    )


def _readable(path: Path) -> os.stat_result:
    try:
        with open(path, "rb") as file:
            return os.fstat(file.fileno())
    except OSError:
        raise MediaError("The server may not read the file of this video.", MISSING) from None


def _is_range(header: bytes) -> bool:
    unit, _, ranges = header.decode("latin-1").partition("=")
    parts = [RANGE.fullmatch(part) for part in ranges.split(",")]
    return unit.strip().lower() == "bytes" and all(part and _is_one(part[1], part[2]) for part in parts)


def _is_one(start: str, end: str) -> bool:
    if len(start) > MOST_DIGITS or len(end) > MOST_DIGITS:
        return bool(start)
    return int(start) <= int(end) if start and end else bool(start or end)
