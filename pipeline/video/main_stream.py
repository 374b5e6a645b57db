"""Which of a file's video streams counts: the one choice of everything that reads videos here.

Test: tests/report/test_frames.py.
"""

from av.container import InputContainer
from av.video.stream import VideoStream


def main_stream(container: InputContainer) -> VideoStream | None:
    """The stream that FFmpeg holds for the best, which need not be the first; None where there is none."""
    return container.streams.best("video")
