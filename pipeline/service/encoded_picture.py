"""The picture of a film, decoded and encoded anew as H.264. Test: tests/service/test_film.py."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain

import av
from av import Packet, VideoFrame
from av.container import OutputContainer

from pipeline.service.errors import MediaError
from pipeline.service.local_video import ROUNDING, THREADS, LocalVideo
from pipeline.service.screen import PIXELS, TICK, Screen

_SPEED = {"preset": "ultrafast", "tune": "zerolatency", "crf": "23", "g": "50"}


class EncodedPicture:
    """Encodes the picture from `start` on, upright and in square pixels; the frame on screen then is at 0.

    packets: those of the picture and the sound, from the key frame before `start` on. What is damaged is left out.
    Raises MediaError where no frame comes.
    """

    def __init__(self, video: LocalVideo, packets: Iterator[Packet], start: Fraction):
        self._video = video
        video.picture.thread_type = "AUTO"
        video.picture.codec_context.thread_count = THREADS
        early: list[Packet] = []
        self._waiting: list[tuple[Fraction, VideoFrame]] = []
        for packet in packets:
            if packet.stream_index != video.picture.index:
                early.append(packet)
                continue
            for second, frame in self._decoded(packet):
                if second <= start + ROUNDING:
                    self._waiting.clear()
                self._waiting.append((max(second, start), frame))
            if self._waiting and self._waiting[-1][0] > start + ROUNDING:
                break
        if not self._waiting:
            raise MediaError("The video has no picture at this second.")
        self._start, self._last = start, -1
        self._screen = Screen(self._waiting[0][1], video.picture)
        self.packets = chain(early, packets)

    def add_to(self, film: OutputContainer) -> None:
        """Add the track to a film that is not begun."""
        self._stream = film.add_stream("libx264", options=_SPEED)
        codec = self._stream.codec_context
        codec.width, codec.height = self._screen.size
        codec.pix_fmt, codec.time_base, codec.thread_count = PIXELS, TICK, THREADS

    def made(self, packet: Packet) -> Iterator[Packet]:
        """Yield what of the film a packet of the picture becomes."""
        yield from self._drawn([*self._waiting, *self._decoded(packet)])
        self._waiting = []

    def rest(self) -> Iterator[Packet]:
        """Yield what is left after the last packet."""
        yield from self._drawn(self._waiting)
        yield from self._encoded(self._screen.rest())
        yield from self._stream.encode(None)

    def _decoded(self, packet: Packet) -> Iterator[tuple[Fraction, VideoFrame]]:
        with suppress(av.error.InvalidDataError):
            yield from self._video.shown(packet)

    def _drawn(self, frames: Iterable[tuple[Fraction, VideoFrame]]) -> Iterator[Packet]:
        for second, frame in frames:
            yield from self._encoded(self._screen.shown(frame, int((second - self._start) / TICK)))

    def _encoded(self, frames: Iterable[VideoFrame]) -> Iterator[Packet]:
        for frame in frames:
            at = self._last if frame.pts is None else round(frame.pts * (frame.time_base or TICK) / TICK)
            if at > self._last:
                self._last, frame.pts, frame.time_base = at, at, TICK
                frame.pict_type = 0  # the encoder chooses
                yield from self._stream.encode(frame)
