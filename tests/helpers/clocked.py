"""Files whose picture and sound start and end when a test says, in the containers that people have."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from helpers.numbered import numbered_frames

FPS = 25
_ENCODERS = {  # suffix -> of picture and sound; others: libx264 and aac
    ".webm": ("libvpx", "libopus"),
    ".avi": ("mpeg4", "mp2"),
    ".mpg": ("mpeg2video", "mp2"),
    ".wmv": ("wmv2", "mp2"),
}
_RATE = 48000


def write_clocked(
    path: Path,
    starts: Sequence[int],
    end: int,
    sound: tuple[float, float] | None = None,
    b_frames: int = 0,
    container_options: Mapping[str, str] | None = None,
    format: str | None = None,
) -> Path:
    """Numbered frames on display from `starts` on, the last one until `end`, all in 1 / FPS seconds.

    sound: its start and end in seconds.
    """
    picture_codec, sound_codec = _ENCODERS.get(path.suffix, ("libx264", "aac"))
    spans = dict(zip(starts, np.diff([*starts, end]).tolist(), strict=True))
    options = {"bf": str(b_frames), "g": "10"} if picture_codec in ("libx264", "mpeg4", "mpeg2video") else {"g": "10"}
    with av.open(str(path), "w", format=format, options={"fflags": "+bitexact", **(container_options or {})}) as file:
        picture = file.add_stream(picture_codec, rate=FPS, options=options)
        picture.codec_context.thread_count = 1
        picture.width = picture.height = 32
        picture.pix_fmt = "yuv420p"
        tick = picture.codec_context.time_base = Fraction(1, FPS)
        packets = []
        layout = "stereo" if sound_codec == "libopus" else "mono"
        tone = file.add_stream(sound_codec, rate=_RATE, layout=layout) if sound else None
        for start, pixels in zip(starts, numbered_frames(len(starts)), strict=True):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = start, tick
            packets += picture.encode(frame)
        packets += [packet for packet in picture.encode(None) if packet.size]
        for packet in packets:
            start = round(packet.pts * packet.time_base / tick)
            packet.duration = round(spans[start] * tick / packet.time_base)
        if tone:
            packets += _tone(tone, *sound)
        packets.sort(key=lambda packet: (packet.pts if packet.dts is None else packet.dts) * packet.time_base)
        for packet in packets:
            file.mux(packet)
    return path


def _tone(stream: av.AudioStream, start: float, end: float) -> list[av.Packet]:
    packets, step = [], stream.codec_context.frame_size or 1024
    for at in range(round(start * _RATE), round(end * _RATE), step):
        samples = np.sin(np.arange(at, at + step) * 0.1).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = _RATE, at, Fraction(1, _RATE)
        packets += stream.encode(frame)
    return packets + [packet for packet in stream.encode(None) if packet.size]
