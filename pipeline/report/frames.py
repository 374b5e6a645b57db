"""Takes small pictures of a video at given times, as JPEG data URIs, so that the page needs no file beside it.

PyAV decodes the video from its start, because seeking returns wrong frames in some files. The frames are chosen by the
same times as in extraction, so that the page shows what the backbones saw. Test: tests/report/test_frames.py.
"""

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np

from pipeline.video.containers import open_container
from pipeline.video.jpeg import jpeg
from pipeline.video.main_stream import surveyed_stream
from pipeline.video.reader import VideoError
from pipeline.video.scale import Scaler
from pipeline.video.survey import survey
from pipeline.video.upright import upright

WIDTH = 160
QUALITY = 6  # of JPEG in ffmpeg's scale: 2 (best) to 31


class UnreadableVideo(Exception):
    """No picture could be taken of a video; the page shows the message in its place."""


def pictures(path: Path, times: Sequence[float]) -> list[str]:
    """Take a picture at each of the times (seconds, ascending), as `data:image/jpeg` URIs.

    A picture is the frame that is on screen then; after the end of the video it is the last one.

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
    """Yield the frames with these indices, which never decrease; where the video ends earlier, its last frame."""
    shown, due = None, list(indices)
    with open_container(path) as container:
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
    return "data:image/jpeg;base64," + base64.b64encode(jpeg(picture, WIDTH, QUALITY)).decode("ascii")
