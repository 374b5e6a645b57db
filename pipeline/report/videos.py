"""Collects the overview of all videos, and the table of all queries, as the page's script draws them.

A page holds each id and each link once, and lists no more than can be looked through.
Test: tests/report/test_videos.py.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pipeline.core.manifest import Query, Video
from pipeline.report.frames import one_picture
from pipeline.report.links import file_link
from pipeline.report.moment_tables import TYPES
from pipeline.video.params import DecodeParams

MOST_QUERIES, MOST_VIDEOS, MOST_PICTURES = 20_000, 20_000, 240
"""What a page lists: some megabytes at most. All published data sets of which a split is reported stay below."""

One = TypeVar("One")


def spread(things: Sequence[One], count: int) -> list[One]:
    """Choose `count` of the things, evenly spread over their order; all where there are no more."""
    return [things[place * len(things) // count] for place in range(count)] if len(things) > count else list(things)


def listed(
    videos: Sequence[Video], queries: Iterable[Query], missing: set[str], rankings: Sequence[Any], limits: DecodeParams
) -> dict[str, Any]:
    """Collect what the script of the page draws, as JSON can hold it.

    videos, queries: the manifest's. missing: the videos without features. rankings: rows of rankings_*.jsonl, of the
    queries that the table lists. limits: how long taking a picture may last.

    `names` has id and link (None where there is no file) of each video that is named, and all else numbers of its rows:
    `videos` has a row a video: name, splits, seconds, queries, whether it has features, and its picture or None.
    `queries` has a row a query: id, text, name of its video, rank, IoU or None, annotated spans, start and end of the
    predicted one, name of the video that was found first, type.
    """
    names = _Names(videos)
    asked = Counter(query.video_id for query in queries)
    shown = spread(videos, MOST_VIDEOS)
    pictured = {video.video_id for video in spread([video for video in shown if video.path], MOST_PICTURES)}
    return {
        "videos": [
            [
                names.number(video.video_id),
                ", ".join(video.splits),
                round(video.used_seconds, 1),
                asked[video.video_id],
                video.video_id not in missing,
                one_picture(video, limits) if video.video_id in pictured else None,
            ]
            for video in shown
        ],
        "queries": [_query(row, names) for row in spread(rankings, MOST_QUERIES)],
        "names": names.rows,
    }


class _Names:
    """Gives each video that is named a number, its place in `rows`, which hold its id and the link to its file."""

    def __init__(self, videos: Iterable[Video]):
        self._paths = {video.video_id: video.path for video in videos}
        self._numbers: dict[str, int] = {}
        self.rows: list[tuple[str, str | None]] = []

    def number(self, video_id: str) -> int:
        if video_id not in self._numbers:
            self._numbers[video_id] = len(self.rows)
            self.rows.append((video_id, file_link(self._paths[video_id])))
        return self._numbers[video_id]


def _query(row: Mapping[str, Any], names: _Names) -> list[Any]:
    own = row["true_video"]
    return [
        row["query_id"],
        row["text"],
        names.number(row["video_id"]),
        row["rank"],
        None if row["iou"] is None else round(row["iou"], 2),
        [[round(start, 1), round(end, 1)] for start, end in row["spans"]],
        round(own["start"], 2),
        round(own["end"], 2),
        names.number(row["ranking"][0]["video_id"]),
        TYPES.get(row["type"], ""),
    ]
