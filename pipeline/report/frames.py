"""Small pictures of a video at given times, as JPEG data URIs that need no file beside the page.

Read with PyAV from the start and chosen by time stamp: sparse reads return wrong frames from some files.
Test: tests/report/test_frames.py.
"""

import base64
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av

from pipeline.video.main_stream import main_stream
from pipeline.video.upright import upright

WIDTH = 160
QUALITY = 6  # of JPEG in ffmpeg's scale: 2 (best) to 31


class UnreadableVideo(Exception):
    """Why no picture could be taken; the page shows the sentence in its place."""


def pictures(path: Path, times: Sequence[float]) -> list[str]:
    """One `data:image/jpeg` URI a time (seconds, ascending): the frame on screen then, the last one past the end.

    Raises UnreadableVideo where the file is missing, cannot be decoded or holds no picture.
    """
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            if main_stream(container) is None:
                raise UnreadableVideo("it has no video stream")
            return [_data_uri(frame) for frame in _on_screen(container, times)]
    except (av.error.FFmpegError, OSError) as error:
        raise UnreadableVideo(getattr(error, "strerror", None) or type(error).__name__) from None


def _on_screen(container: av.container.InputContainer, times: Sequence[float]) -> Iterator[av.VideoFrame]:
    stream = main_stream(container)
    stream.thread_type = "AUTO"
    shown, first, due = None, None, list(times)
    for frame in container.decode(stream):
        if frame.time is None:
            continue
        first = frame.time if first is None else first
        while due and shown is not None and frame.time - first > due[0]:
            due.pop(0)
            yield shown
        if not due:
            return
        shown = frame
    if shown is None:
        raise UnreadableVideo("it holds no picture")
    yield from [shown] * len(due)


def _data_uri(frame: av.VideoFrame) -> str:
    seen = av.VideoFrame.from_ndarray(upright(frame.to_ndarray(format="rgb24"), frame), format="rgb24")
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = WIDTH, max(2, round(seen.height * WIDTH / seen.width / 2) * 2)
    encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, 25)
    encoder.qmin = encoder.qmax = QUALITY
    picture = seen.reformat(encoder.width, encoder.height, "yuvj420p")
    picture.pts = 0
    packets = [*encoder.encode(picture), *encoder.encode(None)]
    return "data:image/jpeg;base64," + base64.b64encode(b"".join(map(bytes, packets))).decode("ascii")
