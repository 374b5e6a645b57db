"""Small pictures of a video at given times, as JPEG data URIs that need no file beside the page.

They are read with PyAV from the start, since sparse reads return wrong frames from some files, are chosen by the times
that extraction goes by, and are what it sees. Test: tests/report/test_frames.py.
"""

import base64
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from pipeline.video.main_stream import surveyed_stream
from pipeline.video.reader import VideoError
from pipeline.video.scale import Scaler
from pipeline.video.survey import survey
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
        found = survey(path)
        indices = np.searchsorted(found.timeline.starts, np.asarray(times, np.float32), side="right") - 1
        scaled = Scaler(path, found.scaled(WIDTH), "bilinear")
        return [_data_uri(upright(scaled(frame), frame)) for frame in _frames(path, indices.clip(0).tolist())]
    except VideoError as error:
        raise UnreadableVideo(error.cause) from None
    except (av.error.FFmpegError, OSError) as error:
        raise UnreadableVideo(getattr(error, "strerror", None) or type(error).__name__) from None


def _frames(path: Path, indices: list[int]) -> Iterator[av.VideoFrame]:
    """The frames of these indices, which never fall; where the video ends earlier, its last one."""
    shown, due = None, list(indices)
    with av.open(str(path), metadata_errors="replace") as container:
        stream = surveyed_stream(container)
        stream.thread_type = "AUTO"
        for position, shown in enumerate(container.decode(stream)):
            while due and due[0] == position:
                due.pop(0)
                yield shown
            if not due:
                return
    if shown is None:
        raise UnreadableVideo("it holds no picture")
    yield from [shown] * len(due)


def _data_uri(picture: np.ndarray) -> str:
    seen = av.VideoFrame.from_ndarray(picture, format="rgb24")
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = WIDTH, max(2, round(seen.height * WIDTH / seen.width / 2) * 2)
    encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, 25)
    encoder.qmin = encoder.qmax = QUALITY
    resized = seen.reformat(encoder.width, encoder.height, "yuvj420p")
    resized.pts = 0
    packets = [*encoder.encode(resized), *encoder.encode(None)]
    return "data:image/jpeg;base64," + base64.b64encode(b"".join(map(bytes, packets))).decode("ascii")
