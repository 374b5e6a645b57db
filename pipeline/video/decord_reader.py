"""decord, used in the one way that was measured to be right: `next()` from the first frame, an explicit thread count.

What it is known to misread it refuses, so that PyAV reads it: MPEG-TS, MPEG-PS and AV1 by name, edit lists and avi with
B-frames by their times, rotated videos (it distorts them), and pictures of 24, 48 or 72 pixels a row (it takes the
padding for more channels). It also refuses videos whose pictures together exceed 64 MiB: where its reader
waits for a model, decord decodes all of the video ahead. decord hides the errors of its libav, so they are read from
the standard error of the process, which is this reader's while it decodes.
Test: tests/video/test_readers.py.
"""

import math
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import decord
import numpy as np

from pipeline.video.main_stream import main_stream
from pipeline.video.reader import Timeline, VideoError
from pipeline.video.survey import Survey, survey

_MISREAD = {"mpegts", "mpeg", "av1"}
_AHEAD_BYTES = 1 << 26
_CLOSE = 2e-3
"""Seconds by which decord's float32 times may differ from the packets'."""


class DecordReader:
    """A video through decord, its pictures scaled so that the short side has `short_side` pixels.

    threads: of the decoder. Raises VideoError where the file cannot be opened, is damaged, or is of a kind that decord
    misreads. It must be the only one in its process that writes to standard error: see `pipeline.video.child`.
    """

    def __init__(self, path: Path | str, short_side: int, threads: int):
        self.path = path
        found = survey(path)
        if {found.container, found.codec} & _MISREAD:
            raise VideoError(f"decord misreads {found.codec} in {found.container}", where=path)
        if _is_rotated(path):
            raise VideoError("decord distorts rotated videos", where=path)
        self.timeline: Timeline = found.timeline
        width, height = found.scaled(short_side)
        self._shape = (height, width, 3)
        if (ahead := len(found.timeline.starts) * math.prod(self._shape)) > _AHEAD_BYTES:
            raise VideoError(f"decord may hold all its pictures at once, {ahead >> 20} MiB", where=path)
        self._errors = tempfile.TemporaryFile()
        os.dup2(self._errors.fileno(), 2)
        decord.logging.set_level(decord.logging.ERROR)
        try:
            self._video = decord.VideoReader(str(path), width=width, height=height, num_threads=threads)
            self._check_times(found)
        except (decord.DECORDError, RuntimeError) as error:
            raise VideoError(f"decord cannot open it: {_gist(str(error))}", where=path) from None

    def _check_times(self, found: Survey) -> None:
        times = self._video.get_frame_timestamp(range(len(self._video)))[:, 0]
        expected = found.timeline.since_first.starts
        if len(times) != len(expected) or not np.allclose(times, expected, rtol=1e-6, atol=_CLOSE):
            raise VideoError("decord's frame times are not those of the packets", where=self.path)

    def frames(self, wanted: Iterable[int]) -> Iterator[np.ndarray]:
        """See `pipeline.video.reader.Reader.frames`."""
        done, picture = 0, None
        for index in wanted:
            if index >= done:
                for position in range(done, index + 1):
                    decoded = self._next(position)
                done, picture = index + 1, _without_padding(decoded.asnumpy())
            if picture.shape != self._shape:
                raise VideoError(f"decord gives a picture of shape {picture.shape}, not {self._shape}", where=self.path)
            yield picture
        for position in range(done, len(self.timeline.starts)):  # so that what is found does not depend on its threads
            self._next(position)
        self._errors.seek(0)
        if said := self._errors.read().decode(errors="replace"):
            raise VideoError(f"decord's libav says: {_gist(said)}", where=self.path)

    def _next(self, position: int) -> "decord.nd.NDArray":
        total = len(self.timeline.starts)
        try:
            return self._video.next()
        except StopIteration:
            raise VideoError(f"the file lists {total} frames but ends after {position}", where=self.path) from None
        except (decord.DECORDError, RuntimeError) as error:
            cause = f"frame {position} of {total} cannot be decoded: {_gist(str(error))}"
            raise VideoError(cause, where=self.path) from None

    def close(self) -> None:
        """Free the decoder."""
        del self._video
        self._errors.close()


def _without_padding(picture: np.ndarray) -> np.ndarray:
    """Rows of some small widths (48 and 72, for example) come padded, and their bytes counted as further channels."""
    height, width, channels = picture.shape
    if channels == 3:
        return picture
    return np.ascontiguousarray(picture.reshape(height, -1)[:, : 3 * width].reshape(height, width, 3))


def _is_rotated(path: Path | str) -> bool:
    """Whether the file asks to be turned; only a decoded frame tells."""
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            return next(container.decode(main_stream(container))).rotation != 0
    except (av.FFmpegError, StopIteration):
        raise VideoError("its first frame cannot be decoded", where=path) from None


def _gist(message: str) -> str:
    """The first line of a message of decord or libav, without its times, source positions and addresses."""
    lines = message.strip().splitlines() or ["no message"]
    return re.sub(r"(\[[\d:]+\] )?/\S+:\d+: | @ 0x[0-9a-f]+", "", lines[0]).strip()
