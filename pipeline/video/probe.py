"""Asks a process that can be killed what a video's packets say, so that no file can hang or crash the asker.

Test: tests/video/test_probe.py.
"""

from dataclasses import dataclass
from pathlib import Path

from pipeline.video import child
from pipeline.video.decode import ask
from pipeline.video.header import Header
from pipeline.video.params import DecodeParams
from pipeline.video.reader import VideoError
from pipeline.video.survey import Survey

_BYTES_A_SECOND = 1 << 20
"""Bytes a second of a video whose length nobody knows yet; few videos have fewer."""


@dataclass(frozen=True)
class Probe:
    """The picture of a video in the seconds that a player shows, see `pipeline.video.reader.Timeline`.

    end: where the picture ends; first: where its first frame starts; frames: their number; container, codec: FFmpeg's
    names; width, height: pixels as stored.
    """

    end: float
    first: float
    frames: int
    container: str
    codec: str
    width: int
    height: int


def glance(path: Path | str, limits: DecodeParams) -> Header:
    """Read the file's header in a process of its own, within deadline_floor seconds; raises VideoError as `probe`."""
    found: Header = ask((child.HEADER, str(path)), path, limits.deadline_floor)
    return found


def probe(path: Path | str, limits: DecodeParams) -> Probe:
    """Survey the file in a process of its own, within max(deadline_floor, deadline_factor seconds a mebibyte).

    Raises VideoError where the file holds no video, is damaged, crashes the survey or is not surveyed in time.
    """
    try:
        size = Path(path).stat().st_size
    except OSError as error:
        raise VideoError(f"the file cannot be read: {error.strerror}", where=path) from None
    seconds = max(limits.deadline_floor, limits.deadline_factor * size / _BYTES_A_SECOND)
    found: Survey = ask((child.SURVEY, str(path)), path, seconds)
    starts = found.timeline.starts
    return Probe(
        end=found.timeline.end,
        first=float(starts[0]),
        frames=len(starts),
        container=found.container,
        codec=found.codec,
        width=found.width,
        height=found.height,
    )
