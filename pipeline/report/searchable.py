"""Collects what the report shows of videos without queries: how many can be searched, and a picture of some of them.

Test: tests/report/test_searchable.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.core.manifest import Video
from pipeline.core.runtime import resolve
from pipeline.report.frames import UnreadableVideo, pictures
from pipeline.report.links import file_link

LATEST = 10.0
"""A picture is taken from the middle of a video, or after so many seconds: what is before it must be decoded."""


def searchable(details: Mapping[str, Any], config: Mapping[str, Any], videos: Sequence[Video], count: int) -> Any:
    """Collect what the template shows; details, config: what details.json and config.json hold.

    videos: all of the manifest, of which `count` are shown, evenly spread over their ids.
    """
    missing = set(details["missing_videos"])
    there = [video for video in videos if video.video_id not in missing]
    window = details["answer"]["window"]
    chosen = [there[place * len(there) // count] for place in range(count)] if len(there) > count else there
    return {
        "videos": len(there),
        "length": length(sum(video.used_seconds for video in there)),
        "missing": len(missing),
        "window": None if window is None else f"{round(100 * window, 1):g} %",
        "origin": config["reused"],
        "shown": [_shown(video) for video in chosen],
    }


def length(seconds: float) -> str:
    """Write a length of time in its two largest units."""
    minutes, hours = seconds / 60, seconds / 3600
    if minutes < 1:
        return f"{int(seconds)} s"
    if hours < 1:
        return f"{int(minutes)} min {int(seconds % 60)} s"
    return f"{int(hours):,} h {int(minutes % 60)} min"


def _shown(video: Video) -> dict[str, Any]:
    picture = None
    if video.path:
        try:
            (picture,) = pictures(resolve(video.path), [min(video.used_seconds / 2, LATEST)])
        except UnreadableVideo:
            picture = None
    return {
        "video_id": video.video_id,
        "length": length(video.used_seconds),
        "link": file_link(video.path),
        "picture": picture,
    }
