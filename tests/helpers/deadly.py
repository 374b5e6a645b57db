"""Streams that take their process with them, raise, or never end, on the video of so many clips."""

import os
import signal
import time
from pathlib import Path

from helpers.streams import NumberStream

from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_path


class DeadlyStream(NumberStream):
    """Kills its process with SIGKILL on the video of `clips` clips; with a marker only once, which then exists."""

    def __init__(self, clips: int, marker: Path | None = None):
        super().__init__()
        self.clips, self.marker = clips, marker

    def pool(self, rows, counts):
        if len(counts) == self.clips and not (self.marker and self.marker.exists()):
            if self.marker:
                self.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().pool(rows, counts)


class ExitingStream(NumberStream):
    """Ends its process with exit status 0, as after a success, on the video of 4 clips."""

    def pool(self, rows, counts):
        if len(counts) == 4:
            os._exit(0)
        return super().pool(rows, counts)


class WritingStream(NumberStream):
    """Never finishes the file that it writes into `folder` on the video of 2 clips."""

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder

    def pool(self, rows, counts):
        if len(counts) == 2:
            with atomic_path(self.folder / "rows"):
                time.sleep(600)
        return super().pool(rows, counts)


class StillbornStream(NumberStream):
    """Its process ends as soon as it arrives there."""

    def __reduce__(self):
        return os._exit, (7,)


class OtherStream(NumberStream):
    """Another provenance on the worker's side, as with other code or other weights there."""

    def __reduce__(self):
        return NumberStream, (0.7,)


class RaisingStream(NumberStream):
    """Raises the error of this type on every video."""

    def __init__(self, error: type[Exception]):
        super().__init__()
        self.error = error

    def pool(self, rows, counts):
        if self.error is PipelineError:
            raise PipelineError("the weights are bad", where="weights.pth", fix="take others")
        raise self.error("no such luck")
