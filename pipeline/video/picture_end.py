"""Where the picture of a file ends: the last frame's time and how long it is held, as its own track says.

A header that counts other tracks too, or that starts at another moment, never decides alone: it is believed only where
no other track reaches it. Test: tests/video/test_clock_of_files.py.
"""

from dataclasses import dataclass

from av.container import InputContainer
from av.video.stream import VideoStream

from pipeline.core.clock import ROUNDING
from pipeline.video.main_stream import time_base

_MICROSECOND = 1e-6
_UNKNOWN_SPAN = 0.5
"""Seconds that the end of another track may be off because its last packet does not say how long it lasts."""


@dataclass(frozen=True)
class Picture:
    """What the packets say of the frames on display, in seconds of the file's own time stamps.

    first, last: starts of the first and the last frame; span: of the last one; spans: of all of them; packets: how many
    the track gives, shown or not; others: where the last of the other tracks ends.
    """

    first: float
    last: float
    span: float
    spans: float
    packets: int
    others: float


def picture_end(container: InputContainer, stream: VideoStream, picture: Picture) -> float:
    """Seconds of the file's own time stamps at which the last frame's display ends.

    mp4 and mov: the length of the track, from its sample table and edit list, or from the samples of its fragments;
    the last frame's own entry is in the order of coding and may be another frame's. mkv and webm: the track's DURATION
    tag, or the file's length where no other track is as long; both count from 0 (FFmpeg) or from the first frame
    (mkvmerge), and the one nearer to the packets is taken. avi: the frames of the track, of which those without data
    show the one before. Everything else: the packets, since a last frame that is held leaves no trace in it.
    """
    by_packets, declared = picture.last + picture.span, (stream.duration or 0) * time_base(stream)
    if container.format.name.startswith("mov,"):
        whole = declared and picture.packets <= stream.frames  # else there are fragments
        length = float(declared) if whole else picture.spans
        ends = [picture.first + length]
    elif container.format.name.startswith("matroska"):
        length = _matroska_length(container, stream, picture)
        ends = [length, picture.first + length]
    elif container.format.name == "avi":
        ends = [float(declared)]
    else:
        ends = []
    possible = [end for end in ends if end > picture.last]
    return min(possible, key=lambda end: abs(end - by_packets), default=by_packets)


def _matroska_length(container: InputContainer, stream: VideoStream, picture: Picture) -> float:
    """Seconds, 0 where nothing says them."""
    file = (container.duration or 0) * _MICROSECOND
    tags = [value for name, value in stream.metadata.items() if name.split("-")[0] == "DURATION"]
    for tag in tags:
        length = _seconds(tag)
        if length <= file + ROUNDING:  # else it is left over from the file that this one was cut from
            return length
    return file if not tags and file > picture.others + _UNKNOWN_SPAN else 0.0


def _seconds(tag: str) -> float:
    """`01:00:20.000000000` as seconds, 0 where it is something else."""
    try:
        hours, minutes, seconds = map(float, tag.split(":"))
    except ValueError:
        return 0.0
    return 3600 * hours + 60 * minutes + seconds
