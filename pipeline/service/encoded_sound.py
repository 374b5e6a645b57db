"""The sound of a film, decoded and encoded anew as AAC in stereo. Test: tests/service/test_film.py."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from typing import cast

import av
from av import AudioFrame, AudioResampler, Packet
from av.audio.stream import AudioStream
from av.container import OutputContainer

from pipeline.service.local_video import LocalVideo

_RATE = 48000
_EARLY = 1
"""Seconds of sound before the start that are decoded, because a frame may need the one before it."""


class EncodedSound:
    """Encodes the sound from `start` on, a second of the video, as a track of a film that is not begun.

    index: which stream of the file it is. What is damaged is left out.
    """

    def __init__(self, video: LocalVideo, stream: AudioStream, film: OutputContainer, start: Fraction):
        self._video, self._start, self.index = video, start, stream.index
        self._stream = film.add_stream("aac", rate=_RATE, layout="stereo", bit_rate=128_000)
        self._resampler = AudioResampler("fltp", "stereo", _RATE)
        self._last = -1

    def made(self, packet: Packet) -> Iterator[Packet]:
        """Yield what of the film a packet of the sound becomes."""
        second = self._video.second(packet)
        if packet.size and second is not None and second < self._start - _EARLY:
            return
        for frame in self._decoded(packet):
            yield from self._encoded(self._resampler.resample(frame))

    def rest(self) -> Iterator[Packet]:
        """Yield what is left after the last packet."""
        yield from self._encoded(self._resampler.resample(None))
        yield from self._kept(self._stream.encode(None))

    def _decoded(self, packet: Packet) -> Iterator[AudioFrame]:
        """Yield the frames from the start on, with their times counted from there."""
        with suppress(av.error.InvalidDataError):
            for frame in cast(list[AudioFrame], packet.decode()):
                second = self._video.second(frame)
                if second is not None and second >= self._start:
                    frame.pts, frame.time_base = int((second - self._start) * _RATE), Fraction(1, _RATE)
                    yield frame

    def _encoded(self, frames: Iterable[AudioFrame]) -> Iterator[Packet]:
        for frame in frames:
            yield from self._kept(self._stream.encode(frame))

    def _kept(self, packets: list[Packet]) -> Iterator[Packet]:
        """Leave out what the encoder puts before the sound, and what goes back in time."""
        for packet in packets:
            if packet.pts is not None and packet.pts > self._last:
                self._last = packet.pts
                yield packet
