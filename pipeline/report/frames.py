"""Small pictures of videos as JPEG data URIs, so that the page needs no file beside it.

A child process decodes, which a hang, a crash or a file that means harm takes nothing with it.
Test: tests/report/test_frames.py.
"""

import base64
from collections.abc import Sequence
from importlib.metadata import version

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


def pictures(video: Video, times: Sequence[float], limits: DecodeParams) -> list[str]:
    """Take a picture at each of the times (seconds, ascending), as `data:image/jpeg` URIs.

    A picture is the frame that is on screen then; after the end of the video it is the last one. The store keeps it for
    the next report, so that only what is new there is decoded, in one pass from the start of the video.

    Raises VideoError where the video has no file, or one that is missing, cannot be decoded, holds no picture or does
    not keep its deadline, and PipelineError where AMDNET_DECODE_THREADS is wrong.
    """
    store = Store(runtime.store_root(), "pictures")
    made_with = {"width": WIDTH, "quality": QUALITY, "pyav": version("av")}
    keys = {time: entry_key(video.sha256, {"second": time, **made_with}) for time in times}
    found = {time: entry.arrays["jpeg"].tobytes() for time, key in keys.items() if (entry := store.get(key))}
    if new := [time for time in times if time not in found]:
        for time, jpeg in zip(new, _taken(video, new, limits), strict=True):
            store.put(keys[time], Entry({"jpeg": np.frombuffer(jpeg, np.uint8)}, {"video_id": video.video_id}))
            found[time] = jpeg
    return ["data:image/jpeg;base64," + base64.b64encode(found[time]).decode("ascii") for time in times]


def one_picture(video: Video, limits: DecodeParams) -> str | None:
    """Return the one picture of a video, None where none can be taken."""
    try:
        return pictures(video, [min(video.used_seconds / 2, LATEST)], limits)[0]
    except DecoderKilled:
        raise
    except VideoError:
        return None


def _taken(video: Video, times: Sequence[float], limits: DecodeParams) -> list[bytes]:
    if video.path is None:
        raise VideoError("it has no file", where=video.video_id)
    path, seconds = runtime.resolve(video.path), max(limits.deadline_floor, limits.deadline_factor * max(times))
    return ask((PICTURES, Wanted(path, tuple(times), runtime.decode_threads())), path, seconds)
