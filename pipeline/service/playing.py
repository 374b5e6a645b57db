"""Says how a browser can play a video of the index. Test: tests/service/test_playing.py.

A `file` is an mp4, m4v or mov with one picture in H.264 (8 bits, 4:2:0), VP9 or AV1 and sound in AAC, MP3 or Opus, or a
webm with VP8, VP9 or AV1 and Opus or Vorbis; sound may be missing. Every other video can be made into a `stream`.
"""

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pipeline.search.results import IndexedVideo
from pipeline.service.errors import MediaError
from pipeline.service.files import file_of
from pipeline.service.process import end, start

How = Literal["file", "stream", "none"]

MEDIA_TYPES = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/mp4", ".webm": "video/webm"}
"""Extension in small letters -> the Content-Type with which a `file` is served; browsers refuse video/quicktime."""

_SECONDS, _SECONDS_EACH = 10.0, 0.5
_known: dict[Path, tuple[tuple[int, int], How]] = {}


def how(video: IndexedVideo) -> How:
    """Return how a browser plays the video: from its `file`, from a `stream` that is made for it, or not at all.

    `none` is the answer where there is no file or no picture in it. May take seconds the first time, so call it in a
    thread, and for several videos `how_each`. The answer is kept as long as the file is unchanged. Raises MediaError
    where the system starts no process.
    """
    return how_each([video])[0]


def how_each(videos: Sequence[IndexedVideo]) -> list[How]:
    """Return `how` of each video; one process looks at all files whose answer is not kept."""
    files = [_file(video) for video in videos]
    new = {path: state for path, state in filter(None, files) if path not in _known or _known[path][0] != state}
    for path, answer in _looked_at(list(new)):
        _known[path] = new[path], answer
    return [_known[file[0]][1] if file else "none" for file in files]


def _file(video: IndexedVideo) -> tuple[Path, tuple[int, int]] | None:
    try:
        return file_of(video)
    except MediaError:
        return None


def _looked_at(paths: list[Path]) -> Iterator[tuple[Path, How]]:
    """Look at the files in one process; where one hangs or crashes it, another goes on with the next file."""
    while paths:
        process = start({"task": "play", "paths": list(map(str, paths))}, subprocess.PIPE)
        try:
            said = process.communicate(timeout=_SECONDS + _SECONDS_EACH * len(paths))[0]
        except subprocess.TimeoutExpired as late:
            said = late.output or b""
        finally:
            end(process)
        answers = [json.loads(line).get("how", "none") for line in said.split(b"\n")[:-1]]
        yield from zip(paths, [*answers, "none"], strict=False)
        paths = paths[len(answers) + 1 :]
