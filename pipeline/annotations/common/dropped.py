"""What was left out of a data set or cut, counted by kind, each with the number of things it is a share of.

Test: tests/annotations/test_dropped.py.
"""

from collections.abc import Mapping, Sequence

from pipeline.annotations.common.records import Annotations
from pipeline.core.left_out import WORDS
from pipeline.core.manifest import Query, Subtitles, Video

Dropped = dict[str, tuple[int, int]]
"""(count, of how many) by kind; the kinds are those of `WORDS`, always all of them."""

DECLARED_TOLERANCE = 1.0
"""Seconds by which a declared duration may differ from the file's before it is counted."""


def dropped(
    annotations: Annotations,
    videos: Sequence[Video],
    queries: Sequence[Query],
    subtitles: Sequence[Subtitles],
    counts: Mapping[str, int],
    queries_of_refused_videos: int,
) -> Dropped:
    """All kinds, from what is kept and refused; counts: what was counted while spans were checked."""
    refused = {what: sum(one.what == what for one in annotations.refused) for what in ("video", "query", "span")}
    all_queries = len(queries) + refused["query"] + queries_of_refused_videos + annotations.unused_val_queries
    all_spans = sum(len(query.spans) for query in queries) + refused["span"]
    seconds = {video.video_id: video.duration for video in videos}
    declared = [(length, seconds[v]) for v, length in annotations.durations.items() if v in seconds]
    sentences = sum(len(track.sentences) for track in subtitles)
    subtitle = annotations.subtitle_counts
    return {
        "videos": (refused["video"], len(videos) + refused["video"]),
        "queries": (refused["query"], all_queries),
        "queries_of_refused_videos": (queries_of_refused_videos, all_queries),
        "queries_of_unused_val": (annotations.unused_val_queries, all_queries),
        "spans_refused": (refused["span"] - counts["spans_without_length"], all_spans),
        "spans_without_length": (counts["spans_without_length"], all_spans),
        "spans_clipped": (counts["spans_clipped"], all_spans),
        "videos_cut": (sum(video.used_seconds < video.duration for video in videos), len(videos)),
        "durations_differ": (sum(abs(a - b) > DECLARED_TOLERANCE for a, b in declared), len(declared)),
        "subtitle_files": (subtitle.files_not_read, subtitle.files),
        "subtitle_cues": (subtitle.cues_refused, subtitle.cues),
        "sentences_outside": (subtitle.sentences_after_end, subtitle.sentences_after_end + sentences),
    }


def sentence(numbers: Dropped) -> str:
    """One line for people: the kinds that occur, with their shares; empty where nothing was dropped."""
    return ", ".join(
        f"{count} of {of} {WORDS[kind]} ({100 * count / of:.3g} %)" for kind, (count, of) in numbers.items() if count
    )
