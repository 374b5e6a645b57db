"""The process that reads one video for the page, or looks at some, and ends; it dies with the one that started it.

A decoder may hang, crash or ask for all memory; here it takes nothing with it. `pipeline.service.process` starts
`python -m pipeline.service.child`, confined by `pipeline.video.confined`, and writes what is asked to its standard
input, one JSON object:

- {"task": "poster", "path", "second", "width"}: the answer is {} and then a JPEG;
- {"task": "film", "path", "second"}: the answer is {"copied"} and then fragmented MP4;
- {"task": "play", "paths"}: the answer is {"how"} for each path.

Each {} is a line of JSON on the standard output. In place of any there may be {"error", "status"}, for a MediaError.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, BinaryIO

from av import FFmpegError

from pipeline.core.memory import growth_limited
from pipeline.service.errors import MediaError
from pipeline.service.film import film
from pipeline.service.kinds import how_played
from pipeline.service.local_video import open_local
from pipeline.service.still import still
from pipeline.video.reader import VideoError

_LATEST = 1e6
"""Seconds after which every video is at its end."""
MEMORY = 1 << 30
"""Bytes by which the process may grow."""


class Answers:
    """What the process says: lines of JSON, and then perhaps bytes."""

    def __init__(self, file: BinaryIO):
        self._file, self._said = file, False

    def say(self, **answer: Any) -> BinaryIO:
        """Write one answer, and return the file for the bytes after it."""
        self._file.write(json.dumps(answer).encode() + b"\n")
        self._said = True
        return self._file

    @contextmanager
    def for_one(self) -> Iterator[None]:
        """Say why there is no answer; what goes wrong after it has begun ends the process."""
        self._said = False
        try:
            yield
        except Exception as error:
            if self._said:
                raise
            said = error if isinstance(error, MediaError) else MediaError(_cause(error))
            self.say(error=str(said), status=said.status)


def serve(asked: dict[str, Any], answers: Answers) -> None:
    """Answer what was asked."""
    if asked["task"] == "play":
        for path in asked["paths"]:
            with answers.for_one():
                answers.say(how=how_played(path))
        return
    with answers.for_one(), open_local(asked["path"]) as video:
        second = Fraction(min(asked["second"], _LATEST))
        if asked["task"] == "poster":
            picture = still(video, second, asked["width"])
            answers.say().write(picture)
        else:
            film(video, second, lambda copied: answers.say(copied=copied))


def _cause(error: Exception) -> str:
    """Return a sentence without a path, which the text of FFmpeg's and the system's errors contains."""
    if isinstance(error, MemoryError):
        return "The video needs more memory than it may have."
    if isinstance(error, VideoError):
        return f"The video cannot be shown: {error.cause}."
    if isinstance(error, (FFmpegError, OSError)) and error.strerror:
        return f"The video cannot be read: {error.strerror}."
    return f"The video cannot be read ({type(error).__name__})."


if __name__ == "__main__":
    with growth_limited(MEMORY), os.fdopen(1, "wb", buffering=0) as standard_output:
        serve(json.load(sys.stdin), Answers(standard_output))
        os._exit(0)  # all is written, and taking the libraries down would keep whoever waits waiting
