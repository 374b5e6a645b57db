"""Streams that take their process with them, or raise, on the video of so many clips."""

import os
import signal
from pathlib import Path

from helpers.streams import NumberStream

from pipeline.core.errors import PipelineError


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


class StillbornStream(NumberStream):
    """Its process ends as soon as it arrives there."""

    def __reduce__(self):
        return os._exit, (7,)


class OtherStream(NumberStream):
    """Another recipe on the worker's side, as with other code or other weights there."""

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
