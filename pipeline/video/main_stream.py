"""Chooses the video stream of a file; everything that reads videos here uses this choice.

Test: tests/report/test_frames.py.
"""

from fractions import Fraction
from typing import cast

from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream


def main_stream(container: InputContainer) -> VideoStream | None:
    """Return the stream that FFmpeg holds for the best, which need not be the first; None where there is none."""
    return cast(VideoStream | None, container.streams.best("video"))


def surveyed_stream(container: InputContainer) -> VideoStream:
    """Return the main stream of a file in which a survey has found one."""
    stream = main_stream(container)
    assert stream is not None
    return stream


def time_base(stream: Stream) -> Fraction:
    """Return the seconds that one unit of the stream's time stamps stands for."""
    base = stream.time_base
    assert base is not None  # FFmpeg gives one to every stream of an open file
    return base
