"""The picture of a film as it is in the file. Test: tests/service/test_film.py."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain

from av import Packet
from av.container import OutputContainer

from pipeline.service.errors import MediaError
from pipeline.service.local_video import LocalVideo
from pipeline.video.main_stream import time_base

_FORMATS = {"mov", "matroska", "flv", "mpegts"}
_PIXELS = {"yuv420p", "yuvj420p"}
_PROGRESSIVE, _UNKNOWN = 1, 0
_NEVER = -(1 << 62)


def can_be_copied(video: LocalVideo) -> bool:
    """Return whether a browser shows the picture as it is: H.264 of 8 bits and 4:2:0, with times, frame by frame.

    An avi has no times of its frames; interlaced pictures may have two packets a frame, and would show combs.
    """
    codec = video.picture.codec_context
    fields = (_PROGRESSIVE,) if video.format == "mpegts" else (_PROGRESSIVE, _UNKNOWN)
    return (
        video.format in _FORMATS
        and codec.codec.canonical_name == "h264"
        and codec.pix_fmt in _PIXELS
        and bool(codec.extradata)
        and codec.field_order in fields
    )


class CopiedPicture:
    """Passes the packets of the picture on, those before `start` at times below 0.

    packets: those of the picture and the sound, from the key frame before `start` on. Raises MediaError where no
    picture comes.
    """

    def __init__(self, video: LocalVideo, packets: Iterator[Packet], start: Fraction):
        self._template, self._last = video.picture, _NEVER
        self._zero = round((start + video.origin) / time_base(video.picture))
        early, pictures = [], []
        for packet in packets:
            early.append(packet)
            if packet.stream_index == video.picture.index and packet.size:
                pictures.append(packet)
                if packet.dts is not None:
                    break
        if not pictures:
            raise MediaError("The video has no picture at this second.")
        _say_when_decoded(pictures)
        self.packets = chain(early, packets)

    def add_to(self, film: OutputContainer) -> None:
        """Add the track to a film that is not begun."""
        self._stream = film.add_stream_from_template(self._template)

    def made(self, packet: Packet) -> Iterator[Packet]:
        """Yield what of the film a packet of the picture becomes; the times of decoding never fall."""
        if packet.size:
            decoded = self._last + 1 if packet.dts is None else max(packet.dts, self._last + 1)
            self._last = decoded
            packet.pts = max(decoded if packet.pts is None else packet.pts, decoded) - self._zero
            packet.dts, packet.stream = decoded - self._zero, self._stream
            yield packet

    def rest(self) -> Iterator[Packet]:
        """Yield what is left after the last packet, which is nothing."""
        return iter(())


def _say_when_decoded(packets: list[Packet]) -> None:
    """Give the packets at a start, which do not say when they are decoded, times before that of the last of them."""
    times = [packet.pts for packet in packets if packet.pts is not None]
    known = packets[-1].dts if packets[-1].dts is not None else min(times, default=0)
    step = packets[0].duration or 1
    for back, packet in enumerate(reversed(packets)):
        packet.dts = known - back * step
