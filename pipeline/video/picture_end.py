"""Finds where the picture of a file ends: at the time of the last frame plus the time for which it is held.

The picture's own track says both. A header that counts other tracks too, or that starts at another moment, is believed
only where no other track reaches its end. Test: tests/video/test_clock_of_files.py.
"""

from dataclasses import dataclass

from av.container import InputContainer
from av.video.stream import VideoStream

from pipeline.core.clock import ROUNDING
from pipeline.video.main_stream import time_base

_MICROSECOND = 1e-6
_UNKNOWN_SPAN = 0.5
"""Seconds by which the end of another track may be wrong because its last packet does not say how long it lasts."""


@dataclass(frozen=True)
class Picture:
    """What the packets say of the frames on display, in seconds of the file's own time stamps.

    first, last: where the first and the last frame start; span: how long the last one lasts; spans: how long all of
    them last; packets: how many packets the track has, shown or not; others: where the last of the other tracks ends.
    """

    first: float
    last: float
    span: float
    spans: float
    packets: int
    others: float


def picture_end(container: InputContainer, stream: VideoStream, picture: Picture) -> float:
    """Return when the last frame's display ends, in seconds of the file's own time stamps.

    mp4 and mov: the length of the track is taken, from its sample table and edit list or from the samples of its
    fragments; the entry of the last frame itself is in the order of coding and may be another frame's. mkv and webm:
    the track's DURATION tag is taken, or the file's length where no other track is as long. Both count from 0 (FFmpeg)
    or from the first frame (mkvmerge), and the one nearer to the packets is right. avi: the frames of the track are
    counted, of which those without data show the frame before. All other files: the packets decide, since a last frame
    that is held leaves no trace in them.
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
    """Return the length of the picture in seconds, 0 where nothing says it."""
    file = (container.duration or 0) * _MICROSECOND
    tags = [value for name, value in stream.metadata.items() if name.split("-")[0] == "DURATION"]
    for tag in tags:
        length = _seconds(tag)
        if length <= file + ROUNDING:  # else it is left over from the file that this one was cut from
            return length
    return file if not tags and file > picture.others + _UNKNOWN_SPAN else 0.0


def _seconds(tag: str) -> float:
    """Return `01:00:20.000000000` as seconds, 0 for any other text."""
    try:
        hours, minutes, seconds = map(float, tag.split(":"))
    except ValueError:
        return 0.0
    return 3600 * hours + 60 * minutes + seconds
