"""Serves the file of a video as it is, whole or in ranges. Test: tests/service/test_files.py."""

import asyncio
import os
import re
import stat

from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from pipeline.search.results import IndexedVideo
from pipeline.service.errors import MISSING, MediaError
from pipeline.service.playing import MEDIA_TYPES

RANGE = re.compile(r"\s*(\d*)\s*-\s*(\d*)\s*")


class VideoFile(FileResponse):
    """Starlette's answer with ranges. A Range header that is none is left out of account, as RFC 9110 wants it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, or the ranges of it that the request asks for."""
        headers = [(name, value) for name, value in scope["headers"] if name != b"range" or _is_range(value)]
        await super().__call__({**scope, "headers": headers}, receive, send)


async def video_file(video: IndexedVideo) -> VideoFile:
    """Return the answer with the file of a video. Raises MediaError where there is none that can be read."""
    if video.path is None:
        raise MediaError("This video has no file.", MISSING)
    try:
        found = await asyncio.to_thread(os.stat, video.path)
        readable = stat.S_ISREG(found.st_mode) and os.access(video.path, os.R_OK)
    except (OSError, ValueError):
        readable = False
    if not readable:
        raise MediaError("The file is not where it should be; `amdnet serve --videos` says where it is.", MISSING)
    media_type = MEDIA_TYPES.get(video.path.suffix.lower(), "application/octet-stream")
    return VideoFile(video.path, stat_result=found, media_type=media_type, headers={"cache-control": "no-cache"})


def _is_range(header: bytes) -> bool:
    unit, _, ranges = header.decode("latin-1").partition("=")
    parts = [RANGE.fullmatch(part) for part in ranges.split(",")]
    return unit.strip().lower() == "bytes" and all(part and _is_one(*part.groups()) for part in parts)


def _is_one(start: str, end: str) -> bool:
    if len(start) > 18 or len(end) > 18:
        return bool(start)
    return int(start) <= int(end) if start and end else bool(start or end)
