"""The sound of a film, decoded and encoded anew as AAC in stereo. Test: tests/service/test_film.py.

The track has no holes: where the file has no sound there is silence, because players wait for a track that is late.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction

import av
import numpy as np
from av import AudioFrame, AudioResampler, Packet
from av.audio.stream import AudioStream
from av.container import OutputContainer

from pipeline.service.local_video import LocalVideo

_RATE = 48000
_EARLY = 1
"""Seconds of sound before the start that are decoded, because a frame may need the one before it."""
_OFF = _RATE // 20
"""Samples by which the sound may be off before silence is put in or sound left out."""
_BEHIND = 3
"""Seconds by which sound may come later in the file than the picture that it belongs to."""


class EncodedSound:
    """Encodes the sound from `start` on, a second of the video, as a track of a film that is not begun.

    index: which stream of the file it is. What is damaged is left out.
    """

    def __init__(self, video: LocalVideo, stream: AudioStream, film: OutputContainer, start: Fraction):
        self._video, self._start, self.index = video, start, stream.index
        self._stream = film.add_stream("aac", rate=_RATE, layout="stereo", bit_rate=128_000)
        self._resampler: AudioResampler | None = None
        self._taken: tuple[str, str, int] | None = None
        self._samples = 0

    def made(self, packet: Packet) -> Iterator[Packet]:
        """Yield what of the film a packet of the sound becomes."""
        second = self._video.second(packet)
        if packet.size and second is not None and second < self._start - _EARLY:
            return
        for frame in self._decoded(packet):
            second = self._video.second(frame)
            at = self._samples if second is None else int((second - self._start) * _RATE)
            if at < 0 or at < self._samples - _OFF:
                continue
            if at > self._samples + _OFF:
                yield from self._silence(at)
            yield from self._encoded(self._even(frame))

    def until(self, second: Fraction) -> Iterator[Packet]:
        """Yield silence, where the picture is at this second of the film and the sound has not come that far by far."""
        yield from self._silence(int((second - _BEHIND) * _RATE))

    def rest(self) -> Iterator[Packet]:
        """Yield what is left after the last packet."""
        if self._resampler is not None:
            yield from self._encoded(self._resampler.resample(None))
        yield from self._stream.encode(None)

    def _decoded(self, packet: Packet) -> Iterator[AudioFrame]:
        with suppress(av.error.InvalidDataError):
            for frame in packet.decode():
                if isinstance(frame, AudioFrame):
                    yield frame

    def _even(self, frame: AudioFrame) -> Iterator[AudioFrame]:
        """Change a frame, whatever it is like, into the one form that is encoded."""
        kind = frame.format.name, frame.layout.name, frame.sample_rate
        if kind != self._taken:
            if self._resampler is not None:
                yield from self._resampler.resample(None)
            self._resampler, self._taken = AudioResampler("fltp", "stereo", _RATE), kind
        assert self._resampler is not None
        frame.pts = None
        yield from self._resampler.resample(frame)

    def _silence(self, end: int) -> Iterator[Packet]:
        while self._samples < end:
            count = min(end - self._samples, _RATE)
            silence = AudioFrame.from_ndarray(np.zeros((2, count), np.float32), format="fltp", layout="stereo")
            silence.sample_rate = _RATE
            yield from self._encoded([silence])

    def _encoded(self, frames: Iterable[AudioFrame]) -> Iterator[Packet]:
        for frame in frames:
            frame.pts, frame.time_base = self._samples, Fraction(1, _RATE)
            self._samples += frame.samples
            yield from self._stream.encode(frame)
