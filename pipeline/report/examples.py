"""Prepares the queries that the report shows in full: hits and misses.

Each is shown with pictures of its own video, its spans on a time line, and the videos that were found for it.

Test: tests/report/test_examples.py.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.core.files import sha256_text
from pipeline.core.manifest import Video
from pipeline.report.curves import curves
from pipeline.report.frames import pictures
from pipeline.report.links import at, page_link
from pipeline.report.moment_tables import TYPES
from pipeline.video.params import DecodeParams
from pipeline.video.reader import DecoderKilled, VideoError

STRIP = 8
GOOD_IOU = 0.5
FOUND = 3
Row = dict[str, Any]
Pictures = Mapping[str, Mapping[float, str] | str]
"""Maps the id of a video that has a file to its pictures, by time in seconds, or to the reason why there are none."""


def choose(rankings: Sequence[Row], count: int) -> tuple[list[Row], list[Row]]:
    """Choose hits and misses, at most half of `count` each; queries of different videos come first.

    A hit has its own video first, and a span that overlaps the annotated one by GOOD_IOU at least, where one is
    annotated. Which hits are shown says nothing of their order: it is by a hash of the query, so that they vary. The
    misses are those whose own video ranks last, of equal ranks by the same hash.
    """
    mixed = sorted(rankings, key=lambda row: sha256_text(row["query_id"]))
    hits = [row for row in mixed if row["rank"] == 1 and (row["iou"] is None or row["iou"] >= GOOD_IOU)]
    misses = sorted((row for row in mixed if row["rank"] > 1), key=lambda row: -row["rank"])
    return _of_different_videos(hits, (count + 1) // 2), _of_different_videos(misses, count // 2)


def _of_different_videos(rows: list[Row], count: int) -> list[Row]:
    seen: set[str] = set()
    first: list[Row] = []
    again: list[Row] = []
    for row in rows:
        (again if row["video_id"] in seen else first).append(row)
        seen.add(row["video_id"])
    return (first + again)[:count]


def take_pictures(
    rows: Sequence[Row], durations: Mapping[str, float], videos: Mapping[str, Video], limits: DecodeParams
) -> Pictures:
    """Read every picture that the examples `rows` need; each video is read once at most.

    durations: seconds of each video. videos: by their ids; one without a file is no key of what is returned. limits:
    how long taking the pictures may last.
    """
    wanted: dict[str, set[float]] = defaultdict(set)
    for row in rows:
        wanted[row["video_id"]].update(strip_times(durations[row["video_id"]]))
        for found in row["ranking"][:FOUND]:
            wanted[found["video_id"]].add(middle(found))
    taken: dict[str, Mapping[float, str] | str] = {}
    for video_id, times in sorted(wanted.items()):
        if videos[video_id].path is None:
            continue
        try:
            taken[video_id] = dict(zip(sorted(times), pictures(videos[video_id], sorted(times), limits), strict=True))
        except DecoderKilled:
            raise
        except VideoError as problem:
            taken[video_id] = problem.cause
    return taken


def strip_times(duration: float) -> list[float]:
    """List the middles of STRIP equal parts of a video, in seconds."""
    return [(part + 0.5) / STRIP * duration for part in range(STRIP)]


def middle(span: Mapping[str, Any]) -> float:
    """Compute the middle of a span, in seconds."""
    return (span["start"] + span["end"]) / 2


def example(
    row: Row, video: Row, boundaries: Row | None, pictures_of: Pictures, links: Mapping[str, str | None]
) -> dict[str, Any]:
    """Collect what the template shows of one query.

    row: the query's row of rankings_*.jsonl. video: the row of its own video in moments_*.jsonl. boundaries: the
    query's row of boundaries_*.jsonl, None where the localizer has no boundaries. links: to the file of each video,
    None where there is none.
    """
    own = row["true_video"]
    taken, duration = pictures_of.get(row["video_id"], {}), video["duration"]
    moments = [
        _track(f"moment {number + 1}", "moment chosen" if number == own["moment"] else "moment", [span], duration)
        for number, span in enumerate(video["moments"])
    ]
    return {
        **{name: row[name] for name in ("query_id", "text", "video_id", "rank", "score", "iou")},
        "type": TYPES.get(row["type"]),
        "duration": duration,
        "file": at(links[row["video_id"]], own),
        "search": page_link(row["text"], row["video_id"]),
        "note": taken if isinstance(taken, str) else None,
        "strip": [] if isinstance(taken, str) or not taken else [(time, taken[time]) for time in strip_times(duration)],
        "tracks": [
            _track("annotated", "annotated", row["spans"], duration),
            _track("predicted", "predicted", [[own["start"], own["end"]]], duration),
            *([_ranked(own["spans"], duration)] if own["spans"] else []),
            *moments,
        ],
        "curves": curves(boundaries, duration) if boundaries else [],
        "found": [_found(found, row["video_id"], pictures_of, links) for found in row["ranking"][:FOUND]],
    }


def _track(name: str, kind: str, spans: Sequence[Sequence[float]], duration: float) -> dict[str, Any]:
    """Lay out one line of the time line: its bars, as left edge and width in per cent of the video."""
    shares = [(100 * max(start, 0) / duration, 100 * min(end, duration) / duration) for start, end in spans]
    bars = [(round(left, 3), round(max(right - left, 0), 3)) for left, right in shares]
    return {"name": name, "kind": kind, "bars": bars, "spans": [tuple(span) for span in spans], "scores": None}


def _ranked(spans: Sequence[Sequence[float]], duration: float) -> dict[str, Any]:
    """Lay out the best spans of the video, one below the other; spans: start, end and score, the best first."""
    track = _track(f"best {len(spans)}", "ranked", [span[:2] for span in spans], duration)
    return {**track, "scores": (spans[0][2], spans[-1][2])}


def _found(found: Row, own_id: str, pictures_of: Pictures, links: Mapping[str, str | None]) -> dict[str, Any]:
    taken = pictures_of.get(found["video_id"], {})
    picture = None if isinstance(taken, str) else taken.get(middle(found))
    return {
        **found,
        "own": found["video_id"] == own_id,
        "picture": picture,
        "file": at(links[found["video_id"]], found),
    }
