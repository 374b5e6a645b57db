"""Collects what the report says of videos without queries: how many can be searched, and how long they are.

Test: tests/report/test_searchable.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.core.manifest import Video


def searchable(details: Mapping[str, Any], config: Mapping[str, Any], videos: Sequence[Video]) -> dict[str, Any]:
    """Collect what the template shows; details, config: what details.json and config.json hold.

    videos: all of the manifest.
    """
    missing = set(details["missing_videos"])
    there = [video for video in videos if video.video_id not in missing]
    window = details["answer"]["window"]
    return {
        "videos": len(there),
        "length": length(sum(video.used_seconds for video in there)),
        "missing": len(missing),
        "window": None if window is None else f"{round(100 * window, 1):g} %",
        "origin": config.get("reused"),
    }


def length(seconds: float) -> str:
    """Write a length of time in its two largest units."""
    minutes, hours = seconds / 60, seconds / 3600
    if minutes < 1:
        return f"{int(seconds)} s"
    if hours < 1:
        return f"{int(minutes)} min {int(seconds % 60)} s"
    return f"{int(hours):,} h {int(minutes % 60)} min"
