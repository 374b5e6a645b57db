"""decord, used in the one way that was measured to be right: `next()` from the first frame, an explicit thread count.

Test: tests/video/test_reader.py.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import decord
import numpy as np

from pipeline import runtime
from pipeline.video.probe import probe
from pipeline.video.reader import Timeline, VideoError

decord.logging.set_level(decord.logging.QUIET)


class DecordReader:
    """A video through decord, its pictures scaled so that the short side has `short_side` pixels.

    The long side is truncated to whole pixels. Raises VideoError where the file cannot be opened, or where its frame
    times are negative or do not increase (decord misreads edit lists and MPEG-TS).
    """

    name = "decord"

    def __init__(self, path: Path | str, short_side: int):
        self.path = path
        header = probe(path)
        short = min(header.width, header.height)
        width, height = header.width * short_side // short, header.height * short_side // short
        try:
            self._video = decord.VideoReader(
                str(path), width=width, height=height, num_threads=runtime.decode_threads()
            )
            times = self._video.get_frame_timestamp(range(len(self._video)))
            average_fps = float(self._video.get_avg_fps())
        except (decord.DECORDError, RuntimeError) as error:
            raise VideoError(f"decord cannot open it: {_gist(error)}", where=path) from None
        self.timeline = Timeline(self._checked(times[:, 0]), float(times[-1, 1]), average_fps, header.seconds)

    def _checked(self, starts: np.ndarray) -> np.ndarray:
        if starts[0] < 0 or (np.diff(starts) <= 0).any():
            raise VideoError("decord gives frame times that are negative or do not increase", where=self.path)
        return starts

    def frames(self, wanted: Iterable[int]) -> Iterator[np.ndarray]:
        """See `pipeline.video.reader.Reader.frames`."""
        done, picture = 0, None
        for index in wanted:
            if index >= done:
                for position in range(done, index + 1):
                    decoded = self._next(position)
                done, picture = index + 1, _without_padding(decoded.asnumpy())
            yield picture

    def _next(self, position: int) -> "decord.nd.NDArray":
        total = len(self.timeline.starts)
        try:
            return self._video.next()
        except StopIteration:
            raise VideoError(f"the file lists {total} frames but ends after {position}", where=self.path) from None
        except (decord.DECORDError, RuntimeError) as error:
            raise VideoError(
                f"frame {position} of {total} cannot be decoded: {_gist(error)}", where=self.path
            ) from None

    def close(self) -> None:
        """Free the decoder."""
        del self._video


def _without_padding(picture: np.ndarray) -> np.ndarray:
    """Rows of some small widths (48 and 72, for example) come padded, and their bytes counted as further channels."""
    height, width, channels = picture.shape
    if channels == 3:
        return picture
    return np.ascontiguousarray(picture.reshape(height, -1)[:, : 3 * width].reshape(height, width, 3))


def _gist(error: Exception) -> str:
    """The first line of a decord message without its times and source positions."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return re.sub(r"(\[[\d:]+\] )?/\S+:\d+: ", "", lines[0]).strip()
