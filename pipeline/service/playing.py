"""Says how a browser can play a video of the index."""

from collections.abc import Sequence
from typing import Literal

from pipeline.search.results import IndexedVideo

How = Literal["file", "stream", "none"]

MEDIA_TYPES = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/mp4", ".webm": "video/webm"}
"""Extension in small letters -> the Content-Type with which a `file` is served; browsers refuse video/quicktime."""


def how(video: IndexedVideo) -> How:
    """Return how a browser plays the video: from its `file`, from a `stream` that is made for it, or not at all.

    May take seconds the first time, so call it in a thread. It never raises.
    """
    return how_each([video])[0]


def how_each(videos: Sequence[IndexedVideo]) -> list[How]:
    """Return `how` of each video; for those not asked before it takes little longer than for a single one."""
    raise NotImplementedError
