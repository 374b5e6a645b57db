"""Reads what the header of a video says: its picture, and about how long it is, in milliseconds and without a packet.

Test: tests/video/test_header.py.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from pipeline.video.containers import open_container
from pipeline.video.main_stream import main_stream, time_base
from pipeline.video.reader import VideoError
from pipeline.video.upright import pixel_aspect

LONGEST = 24 * 3600
"""Seconds of the longest video that is read."""
_WIDEST = 32


@dataclass(frozen=True)
class Header:
    """What a header says.

    container, codec: FFmpeg's names; seconds: the length, which may be off or of another track; None where the header
    says none that can be.
    """

    container: str
    codec: str
    seconds: float | None


def header(path: Path | str) -> Header:
    """Open the file and read its header; raises VideoError where it holds no picture that can be read."""
    try:
        with open_container(path) as container:
            stream = picture_of(container, path)
            length = None if stream.duration is None else float(stream.duration * time_base(stream))
            whole = None if container.duration is None else container.duration / av.time_base
            seconds = length or whole
            believed = seconds is not None and 0 < seconds <= LONGEST
            codec = stream.codec_context.codec.canonical_name
            return Header(container.format.name, codec, seconds if believed else None)
    except FileNotFoundError:
        raise VideoError("the file does not exist", where=path) from None
    except (av.FFmpegError, OSError) as error:
        raise VideoError(f"not a readable video: {error.strerror or error}", where=path) from None


def picture_of(container: InputContainer, path: Path | str) -> VideoStream:
    """Return the main stream; raises VideoError where the file holds none that can be decoded and scaled."""
    stream = main_stream(container)
    if stream is None or stream.codec_context is None:
        raise VideoError("the file holds no video stream of a known codec", where=path)
    if stream.disposition & av.stream.Disposition.attached_pic:
        raise VideoError("the file holds no video, only sound with a cover", where=path)
    if container.format.name == "webp_pipe" and not stream.width:
        raise VideoError("animated WebP is not read", where=path, fix="convert it to mp4")
    if not stream.width or not stream.height:
        raise VideoError("the header gives the picture no size", where=path)
    aspect = pixel_aspect(stream)
    width, height = stream.width * aspect, Fraction(stream.height)
    if max(width, height) > _WIDEST * min(width, height):
        stored = f"{stream.width} x {stream.height}" + (f" pixels of {aspect}" if aspect != 1 else "")
        raise VideoError(f"the picture ({stored}) is more than {_WIDEST} to 1", where=path)
    return stream
