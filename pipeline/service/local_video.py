"""Opens a file that should be a video, and finds where in it the picture of a second begins.

What runs here runs in a child process (`pipeline.service.child`), which opens the video's file and no other
(`pipeline.video.containers`). Test: tests/service/test_hostile_files.py.

To go to a second, packets are read from some seconds before it, and the last key frame at or before it is where
decoding begins; the times that count are those of the packets, so it does not matter where exactly the jump led. Only
containers with an index or with a clock all through them are jumped in; the others are read from their start on, which
is not slow because nothing is decoded.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from pipeline.service.errors import MISSING, MediaError
from pipeline.video.containers import open_container
from pipeline.video.main_stream import main_stream, time_base

_JUMPED_IN = {"mov", "matroska", "avi", "asf", "mpegts", "mpeg"}
_STEPS_BACK = (0, 2, 10, 60)
"""Seconds before the asked one from which a key frame is looked for, one after the other."""
_FROM_THE_START = 20
"""Seconds up to which an avi, whose packets do not say when they are shown, is decoded from its start."""

THREADS = 2
"""How many threads decode a picture, and how many encode one."""
ROUNDING = Fraction(1, 1000)
"""A frame that is due this many seconds later is on screen: containers and callers round times to milliseconds."""


@dataclass(frozen=True)
class LocalVideo:
    """An open file with a picture.

    format: the first of FFmpeg's names of the container; origin: the second of the file's time stamps at which its
    clock starts, which is where the first picture or sound does.
    """

    path: str
    container: InputContainer
    picture: VideoStream
    sound: AudioStream | None
    format: str
    origin: Fraction
    _due: list[Fraction | None] = field(default_factory=list)

    def second(self, timed: av.Packet | av.VideoFrame | av.AudioFrame) -> Fraction | None:
        """Return when a packet or frame is on, in seconds of the clock, None where it does not say."""
        stamp = timed.dts if self.format == "avi" and isinstance(timed, av.Packet) else timed.pts
        return None if stamp is None or timed.time_base is None else stamp * timed.time_base - self.origin

    def shown(self, packet: av.Packet) -> Iterator[tuple[Fraction, av.VideoFrame]]:
        """Decode a packet of the picture, and yield the frames that are ready, each with the second at which it is due.

        An avi says when frames are due in the order of coding, so that the next one is due first. A frame whose time
        nobody knows is left out.
        """
        if self.format == "avi" and packet.size:
            self._due.append(self.second(packet))
        for frame in packet.decode():
            second = self._due.pop(0) if self._due else self.second(frame)
            if second is not None:
                yield second, frame

    def packets(self, start: Fraction, sound: bool) -> Iterator[av.Packet]:
        """Yield the packets of the picture from the last key frame at or before `start` on, and those of the sound.

        The picture's first is that key frame; packets that are shown before it refer to frames before it and are left
        out. The last packet of each stream is empty. Where there is no such key frame, all packets come. May be called
        once.
        """
        jump, key = self._key(start + ROUNDING)
        self._jump(self.container, jump)
        streams: list[Stream] = [self.picture, *([self.sound] if sound and self.sound else [])]
        begun = key is None
        for packet in self.container.demux(streams):
            if not packet.size and packet.dts is not None:
                continue  # the frame before it stays on screen
            if packet.stream_index == self.picture.index and packet.size and key is not None:
                second = self.second(packet)
                begun = begun or (packet.is_keyframe and second == key)
                if not begun or (second is not None and second < key):
                    continue
            yield packet

    def _key(self, start: Fraction) -> tuple[Fraction | None, Fraction | None]:
        """Return to which second to jump, None for the start of the file, and when the key frame after that is on.

        The file is looked at as another container, because not every one finds back to its start.
        """
        if self.format == "avi" and start < _FROM_THE_START:
            return None, None
        jumps = [start - back for back in _STEPS_BACK] if self.format in _JUMPED_IN else []
        for jump in [*(jump for jump in jumps if jump > 0), None]:
            with suppress(av.FFmpegError), open_container(self.path) as container:  # an avi may have lost its index
                self._jump(container, jump)
                key = self._last_key(container, start)
                if key is not None:
                    return jump, key
        return None, None

    def _last_key(self, container: InputContainer, start: Fraction) -> Fraction | None:
        """Read on, and return when the last key frame at or before `start` is on."""
        key = None
        for packet in container.demux(container.streams[self.picture.index]):
            second = self.second(packet)
            if packet.is_keyframe and second is not None and second <= start:
                key = second
            if packet.dts is not None and packet.dts * packet.time_base - self.origin > start:
                break  # no later packet is shown earlier than it is decoded
        return key

    def _jump(self, container: InputContainer, second: Fraction | None) -> None:
        if second is not None:
            stream = container.streams[self.picture.index]
            container.seek(int((second + self.origin) / time_base(stream)), stream=stream)


@contextmanager
def open_local(path: str) -> Iterator[LocalVideo]:
    """Open the file at `path`. Raises MediaError where it is not there, cannot be read or has no picture."""
    if not Path(path).is_file():
        raise MediaError("The file of this video is not where the index says.", MISSING)
    with open_container(path) as container:
        picture = main_stream(container)
        if picture is None or picture.codec_context is None or is_cover(picture) or not picture.width:
            raise MediaError("The file holds no picture that can be shown.")
        sound = container.streams.best("audio")
        heard = [sound] if isinstance(sound, AudioStream) and sound.codec_context is not None else []
        starts = [
            stream.start_time * time_base(stream) for stream in [picture, *heard] if stream.start_time is not None
        ]
        name = container.format.name.split(",")[0]
        yield LocalVideo(path, container, picture, heard[0] if heard else None, name, min(starts, default=Fraction(0)))


def is_cover(stream: Stream) -> bool:
    """Return whether a stream of pictures is the cover of a sound."""
    return bool(stream.disposition & Disposition.attached_pic)
