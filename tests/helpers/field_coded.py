"""H.264 in which each field is a picture of its own, as camcorders write it; no encoder at hand makes such a stream.

The pictures are raw samples (macroblocks of type I_PCM), so a few lines of syntax are all that is needed: ITU-T H.264,
7.3.2.1 (sequence parameters), 7.3.2.2 (picture parameters), 7.3.3 (slice header), 7.3.5 (macroblocks).
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.stream import Stream

_IDR, _SLICE, _SEQUENCE, _PICTURE = 5, 1, 7, 8


class _Bits:
    """A string of bits."""

    def __init__(self) -> None:
        self.bits = ""

    def fixed(self, *numbers_of_widths: tuple[int, int]) -> "_Bits":
        """(number, width) each."""
        self.bits += "".join(f"{number:0{width}b}" for number, width in numbers_of_widths)
        return self

    def golomb(self, *numbers: int) -> "_Bits":
        """Unsigned Exp-Golomb codes."""
        for number in numbers:
            code = f"{number + 1:b}"
            self.bits += "0" * (len(code) - 1) + code
        return self

    def align(self) -> "_Bits":
        self.bits += "0" * (-len(self.bits) % 8)
        return self

    def raw(self, data: bytes) -> "_Bits":
        self.bits += "".join(f"{byte:08b}" for byte in data)
        return self

    def unit(self, kind: int) -> bytes:
        """A NAL unit behind its start code, zeros kept apart as the standard asks."""
        self.bits += "1"
        self.align()
        data = int(self.bits, 2).to_bytes(len(self.bits) // 8, "big")
        kept, zeros = bytearray(), 0
        for byte in data:
            if zeros >= 2 and byte <= 3:
                kept.append(3)
                zeros = 0
            kept.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return b"\0\0\0\1" + bytes([0x60 | kind]) + bytes(kept)


def _parameters(width: int, height: int, fps: int) -> bytes:
    sequence = _Bits().fixed((77, 8), (0, 8), (30, 8)).golomb(0, 4, 2, 1).fixed((0, 1))
    sequence.golomb(width // 16 - 1, height // 32 - 1).fixed((0, 1), (0, 1), (1, 1), (0, 1), (1, 1))
    sequence.fixed((0, 4), (1, 1), (1, 32), (2 * fps, 32), (1, 1), (0, 3)).fixed((1, 1), (1, 1)).golomb(
        0, 0, 9, 9, 0, 1
    )
    picture = _Bits().golomb(0, 0).fixed((0, 2)).golomb(0, 0, 0).fixed((0, 3)).golomb(0, 0, 0).fixed((0b100, 3))
    return sequence.unit(_SEQUENCE) + picture.unit(_PICTURE)


def fields_of(frames: Sequence[np.ndarray], fps: int) -> Iterator[tuple[bytes, bytes]]:
    """Top and bottom field of each grey frame (H, W, 3) uint8, sides multiples of 32; the first with the parameters."""
    height, width = frames[0].shape[:2]
    for number, frame in enumerate(frames):
        luma = np.round(16 + frame[..., 1] * (219 / 255)).astype(np.uint8)
        units = []
        for bottom in (0, 1):
            kind = _SLICE if number or bottom else _IDR
            slice_ = _Bits().golomb(0, 7, 0).fixed((number % 256, 8), (1, 1), (bottom, 1))
            if kind == _IDR:
                slice_.golomb(0).fixed((0, 2))
            else:
                slice_.fixed((0, 1))
            slice_.golomb(0, 1)
            lines = luma[bottom::2]
            for y in range(0, height // 2, 16):
                for x in range(0, width, 16):
                    block = lines[y : y + 16, x : x + 16].tobytes()
                    slice_.golomb(25).align().raw(block + bytes([128]) * 128)
            units.append(slice_.unit(kind))
        yield (b"" if number else _parameters(width, height, fps)) + units[0], units[1]


def write_field_coded(path: Path, frames: Sequence[np.ndarray], fps: int = 25, pairs: str = "timed") -> Path:
    """Frames as field pairs. pairs: a packet a field, both `timed` or only the `first`; or `one` packet a frame."""
    if path.suffix not in (".ts", ".mts"):  # these need a header, which FFmpeg finds in a transport stream
        plain = write_field_coded(path.with_suffix(".ts"), frames, fps)
        with av.open(str(plain)) as source, av.open(str(path), "w") as container:
            _mux(container, container.add_stream_from_template(source.streams.video[0]), frames, fps, pairs)
        plain.unlink()
        return path
    with av.open(str(path), "w") as container:
        stream = container.add_mux_stream("h264", rate=fps)
        _mux(container, stream, frames, fps, pairs)
    return path


def _mux(container: OutputContainer, stream: Stream, frames: Sequence[np.ndarray], fps: int, pairs: str) -> None:
    tick = 90000 // (2 * fps)
    for number, (top, bottom) in enumerate(fields_of(frames, fps)):
        for second, data in enumerate([top + bottom] if pairs == "one" else [top, bottom]):
            packet = av.Packet(data)
            packet.stream, packet.time_base = stream, Fraction(1, 90000)
            packet.dts = tick * (2 * number + second)
            packet.pts = None if second and pairs == "first" else packet.dts
            packet.duration = 2 * tick if pairs == "one" else tick
            packet.is_keyframe = not number and not second
            container.mux(packet)
