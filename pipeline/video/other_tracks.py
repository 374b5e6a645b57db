"""Finds when the tracks beside the picture start and end: a file's clock starts with the first picture or sound.

Test: tests/video/test_clock_of_files.py.
"""

from fractions import Fraction

import av
from av.container import InputContainer

from pipeline.video.main_stream import time_base

_SOUNDS_AND_PICTURES = ("audio", "video")


class OtherTracks:
    """Keeps the earliest start and the latest end of every track but the picture's, from its packets.

    They are kept in the track's own units, because there may be a hundred thousand packets an hour.
    """

    def __init__(self) -> None:
        self._times: dict[int, list[int]] = {}  # index of a stream -> its earliest start and its latest end

    def add(self, packet: av.Packet) -> None:
        """Take a packet of another track into account."""
        pts = packet.pts
        if pts is None or packet.is_discard:
            return
        end, times = pts + (packet.duration or 0), self._times.setdefault(packet.stream_index, [pts, pts])
        if pts < times[0]:
            times[0] = pts
        if end > times[1]:
            times[1] = end

    def end(self, container: InputContainer) -> Fraction:
        """Return where the last of these tracks ends, in seconds of the file's own time stamps."""
        ends = (times[1] * time_base(container.streams[index]) for index, times in self._times.items())
        return max(ends, default=Fraction(0))

    def clock_start(self, container: InputContainer, picture: Fraction) -> Fraction:
        """Return the earliest start of a picture or a sound; covers, subtitles and data start no clock.

        picture: where the picture starts; all are in seconds of the file's own time stamps. FFmpeg lets a sound start
        after the priming that it knows of, though the packets start earlier.
        """
        starts = [picture]
        for index, times in self._times.items():
            stream = container.streams[index]
            cover = stream.disposition & av.stream.Disposition.attached_pic
            if stream.type in _SOUNDS_AND_PICTURES and not cover:
                heard = times[0] if stream.start_time is None else max(times[0], stream.start_time)
                starts.append(heard * time_base(stream))
        return min(starts)
