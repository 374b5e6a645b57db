"""Small pictures of videos as JPEG data URIs, so that the page needs no file beside it.

A child process decodes, which a hang, a crash or a file that means harm takes nothing with it.
Test: tests/report/test_frames.py.
"""

import base64
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from pipeline.core import runtime
from pipeline.core.manifest import Video
from pipeline.feature_io.store import Entry, Store, entry_key
from pipeline.video.child import PICTURES
from pipeline.video.decode import ask
from pipeline.video.params import DecodeParams
from pipeline.video.pictures import QUALITY, WIDTH, Wanted
from pipeline.video.reader import DecoderKilled, VideoError

LATEST = 10.0
"""The one picture of a video is from its middle, or after so many seconds: what is before it must be decoded."""


def pictures(path: Path, times: Sequence[float], limits: DecodeParams) -> list[str]:
    """Take a picture at each of the times (seconds, ascending), as `data:image/jpeg` URIs.

    A picture is the frame that is on screen then; after the end of the video it is the last one.

    Raises VideoError where the file is missing, cannot be decoded, holds no picture or does not keep its deadline, and
    PipelineError where AMDNET_DECODE_THREADS is wrong.
    """
    return [_data_uri(jpeg) for jpeg in _taken(path, times, limits)]


def one_picture(video: Video, limits: DecodeParams) -> str | None:
    """Return the one picture of a video, None where none can be taken; the store keeps it for the next report."""
    if video.path is None:
        return None
    second = min(video.used_seconds / 2, LATEST)
    made_with = {"second": second, "width": WIDTH, "quality": QUALITY, "pyav": version("av")}
    key, store = entry_key(video.sha256, made_with), Store(runtime.store_root(), "pictures")
    if entry := store.get(key):
        return _data_uri(entry.arrays["jpeg"].tobytes())
    try:
        (jpeg,) = _taken(runtime.resolve(video.path), [second], limits)
    except DecoderKilled:
        raise
    except VideoError:
        return None
    store.put(key, Entry({"jpeg": np.frombuffer(jpeg, np.uint8)}, {"video_id": video.video_id}))
    return _data_uri(jpeg)


def _taken(path: Path, times: Sequence[float], limits: DecodeParams) -> list[bytes]:
    seconds = max(limits.deadline_floor, limits.deadline_factor * max(times))
    return ask((PICTURES, Wanted(path, tuple(times), runtime.decode_threads())), path, seconds)


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
