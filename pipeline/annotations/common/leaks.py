"""The same content under two ids: what a split must not share with another. Test: tests/annotations/test_leaks.py."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from pipeline.core.manifest import SPLITS, Video


def leaks(videos: Sequence[Video]) -> dict[str, Any]:
    """Contents (by sha256) that lie in more than one split under different ids.

    test_videos: how many videos of the test split have their content in train or val too, under another id; of: how
    many the test split has; groups: for each such content, of whatever splits, the ids by split.
    """
    by_content = defaultdict(list)
    for video in videos:
        by_content[video.sha256].append(video)
    groups, test_videos = [], 0
    for same in by_content.values():
        ids = {s: sorted(v.video_id for v in same if s in v.splits) for s in SPLITS if any(s in v.splits for v in same)}
        if len({video.splits for video in same}) > 1:
            groups.append(ids)
            elsewhere = set(ids.get("train", [])) | set(ids.get("val", []))
            test_videos += sum(bool(elsewhere - {video_id}) for video_id in ids.get("test", []))
    of = sum("test" in video.splits for video in videos)
    return {"test_videos": test_videos, "of": of, "groups": sorted(groups, key=str)}
