"""Takes small pictures of a video at given times, as JPEGs, in one pass from its start.

Seeking returns wrong frames in some files, so nothing is skipped. The frames are chosen by the same times as in
extraction, so that the pictures are what the backbones saw. Test: tests/report/test_frames.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Wanted:
    """The times in seconds, ascending, of which pictures are wanted; threads: how many the decoder may use."""

    path: Path | str
    seconds: Sequence[float]
    threads: int


def pictures(wanted: Wanted) -> list[bytes]:
    """Take a picture at each of the times, WIDTH pixels wide.

    It is the frame that is on screen then; after the end of the video it is the last one. Raises VideoError where the
    file is missing, cannot be decoded or holds no picture.
    """
    found = survey(wanted.path)
    indices = np.searchsorted(found.timeline.starts, np.asarray(wanted.seconds, np.float32), side="right") - 1
    scaled = Scaler(wanted.path, found.scaled(WIDTH), "bilinear")
    try:
        return [
            jpeg(upright(scaled(frame), frame), WIDTH, QUALITY) for frame in _frames(wanted, indices.clip(0).tolist())
        ]
    except (av.FFmpegError, OSError) as error:
        raise VideoError(error.strerror or type(error).__name__, where=wanted.path) from None


def _frames(wanted: Wanted, indices: list[int]) -> Iterator[av.VideoFrame]:
    """Yield the frames with these indices, which never decrease; where the video ends earlier, its last frame."""
    shown, due = None, list(indices)
    with open_container(wanted.path) as container:
        stream = surveyed_stream(container)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = wanted.threads
        for position, shown in enumerate(container.decode(stream)):
            while due and due[0] == position:
                due.pop(0)
                yield shown
            if not due:
                return
    if shown is None:
        raise VideoError("it holds no picture", where=wanted.path)
    yield from [shown] * len(due)
