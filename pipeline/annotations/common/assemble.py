"""From annotations and video files to the manifest: what belongs together is checked, what does not fit is refused.

A query is refused for its own fault (unknown video, id used twice, span outside the video) or goes with its video; the
two are counted apart, so that one bad video is not punished twice. Tests: tests/annotations/test_folder.py,
tests/annotations/test_published.py.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass
from typing import Any

from pipeline.annotations.common import right_answers, splits
from pipeline.annotations.common.corrections import read_as_meant
from pipeline.annotations.common.dropped import Dropped, dropped
from pipeline.annotations.common.leaks import leaks
from pipeline.annotations.common.milliseconds import Milliseconds
from pipeline.annotations.common.nearest import Nearest
from pipeline.annotations.common.params import PrepareParams
from pipeline.annotations.common.records import WHATS, AnnotatedQuery, Annotations, Refused, VideoFile
from pipeline.core.ids import BadRecord
from pipeline.core.manifest import SPLITS, Query, Sentence, Subtitles, Video

Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Assembled:
    """The manifest, what was refused, and its numbers; with_video: queries refused only because their video was.

    dropped: what was left out or cut, by kind; val_held_out: why validation videos were taken out of train, None where
    they were not.
    """

    videos: list[Video]
    queries: list[Query]
    subtitles: list[Subtitles]
    refused: list[Refused]
    with_video: list[Refused]
    dropped: Dropped
    val_held_out: str | None

    def failed_share(self, what: str) -> tuple[int, int]:
        """How many videos or queries (`what`: "video", "query") were refused for their own fault, and of how many."""
        failed = sum(r.what == what for r in self.refused)
        kept = len(self.videos) if what == "video" else len(self.queries) + len(self.with_video)
        return failed, failed + kept


def assemble(
    annotations: Annotations,
    files: Mapping[str, VideoFile],
    paths: Mapping[str, str | None],
    protocol: str,
    prepare: PrepareParams,
) -> Assembled:
    """Check every query and subtitle against its video and put videos and queries into splits.

    files: the inspected videos; paths: what the manifest calls them; both by video id.
    """
    good = {}
    for video_id, file in sorted(files.items()):
        with annotations.refusing("video", video_id, annotations.name(file.path)):
            _check_splits(annotations.corpus[video_id])
            good[video_id] = file
    limit = annotations.max_seconds if prepare.max_seconds == "auto" else prepare.max_seconds
    limit = math.inf if limit in (None, "none") else limit
    used = {video_id: min(file.duration, limit) for video_id, file in good.items()}
    checker = _Checker(annotations, used, limit)
    accepted = checker.queries()
    subtitles = checker.subtitles()
    described = {query.video_id for query, _ in accepted}
    named = {video_id: annotations.corpus[video_id] for video_id in good}
    contents = {video_id: file.sha256 for video_id, file in good.items()}
    placed = splits.assign(named, described, contents, protocol, prepare)
    videos = [Video(v, paths[v], file.sha256, file.duration, placed[v], used[v]) for v, file in good.items()]
    queries = [_placed(query, spans, placed, annotations.right_answers or {}) for query, spans in accepted]
    return Assembled(
        videos=videos,
        queries=queries,
        subtitles=subtitles,
        refused=annotations.refused,
        with_video=checker.with_video,
        dropped=dropped(annotations, videos, queries, subtitles, checker.counts, len(checker.with_video)),
        val_held_out=_why_held_out(annotations, videos),
    )


def _why_held_out(annotations: Annotations, videos: list[Video]) -> str | None:
    named = set().union(*annotations.corpus.values())
    if "val" in named or not any("val" in video.splits for video in videos):
        return None
    return annotations.val_shared or ("no val split is named" if named else "no split is named")


def _check_splits(named: set[str]) -> None:
    if "train" in named and len(named) > 1:
        others = " and ".join(sorted(named - {"train"}))
        raise BadRecord(f"it is in train and in {others}: a model would be tested on what it has seen")


def _placed(
    query: AnnotatedQuery, spans: Spans, placed: Mapping[str, tuple[str, ...]], right: Mapping[str, tuple[str, ...]]
) -> Query:
    """The query in its split; of the other videos that are right, those that are in the corpus of the split."""
    splits_of_video = placed[query.video_id]
    split = query.split if query.split in splits_of_video else splits_of_video[0]
    also = tuple(video_id for video_id in right.get(query.query_id, ()) if split in placed.get(video_id, ()))
    return Query(query.query_id, query.video_id, query.text, split, spans, query.agreement, query.type, also)


class _Checker:
    """Holds queries and subtitles against the videos there are."""

    def __init__(self, annotations: Annotations, used: Mapping[str, float], limit: float):
        """used: the seconds that are used of each good video; limit: the most that are used of any."""
        self.annotations, self.used, self.limit = annotations, used, limit
        self.nearest = Nearest(used)
        self.with_video: list[Refused] = []
        self.counts: Counter[str] = Counter()
        self.milliseconds = Milliseconds(annotations.overrun_seconds)

    def queries(self) -> list[tuple[AnnotatedQuery, Spans]]:
        """The good queries in file order, each with its spans inside the video."""
        accepted: list[tuple[AnnotatedQuery, Spans]] = []
        first: dict[str, str] = {}
        splits_are_named = any(self.annotations.corpus.values())
        for query in self.annotations.queries:
            with self.annotations.refusing("query", query.query_id, query.where):
                if query.query_id in first:
                    raise BadRecord(f"the query id is used twice, first at {first[query.query_id]}")
                first[query.query_id] = query.where
                if query.video_id not in self.annotations.corpus:
                    hint = f"its id is the file name without the extension; {self.nearest.to(query.video_id)}"
                    raise BadRecord(f"unknown video {query.video_id!r}; {hint}")
                if query.video_id not in self.used:
                    self.with_video.append(Refused("query", query.query_id, query.where, "its video was refused"))
                    continue
                if splits_are_named and not self.annotations.corpus[query.video_id]:
                    raise BadRecord("no split is named for its video, while others have one")
                accepted.append((query, self._spans(query)))
        self.annotations.corrections += self.milliseconds.corrections()
        return accepted

    def _spans(self, query: AnnotatedQuery) -> Spans:
        end_of_video, inside = self.used[query.video_id], []
        for start, end in query.spans:
            if start == end:
                self.counts["spans_without_length"] += 1
                cause = f"the span {start:g} to {end:g} s has no length, so the query has no time there"
                self.annotations.refuse("span", query.query_id, query.where, cause)
                continue
            if start > end:
                cause = f"the span starts ({start:g} s) after its end ({end:g} s)"
                if not self.annotations.leave_out_inverted_spans:
                    raise BadRecord(cause)
                self.annotations.refuse("span", query.query_id, query.where, cause)
                continue
            if start >= end_of_video or end > end_of_video + self.annotations.overrun_seconds:
                beyond = f"the span {start:g} to {end:g} s is beyond {self._end(query.video_id)}"
                raise BadRecord(beyond + self.milliseconds.told(query, start, end, end_of_video))
            self.milliseconds.fits(query, start, end)
            inside.append((start, end))
        self.counts["spans_clipped"] += sum(end > end_of_video for _, end in inside)
        return tuple((start, min(end, end_of_video)) for start, end in inside)

    def subtitles(self) -> list[Subtitles]:
        """A track a video, its sentences inside the video; two tracks of one video are both refused."""
        tracks = defaultdict(list)
        for where, track in self.annotations.subtitles:
            tracks[track.video_id].append((where, track.sentences))
        accepted = []
        for video_id, found in tracks.items():
            where = " and ".join(where for where, _ in found)
            with self.annotations.refusing("subtitle", video_id, where):
                if video_id not in self.annotations.corpus:
                    raise BadRecord("no video of this name")
                if video_id not in self.used:
                    raise BadRecord("its video was refused")
                if len(found) > 1:
                    raise BadRecord(f"{len(found)} subtitle tracks for one video: keep one")
                accepted.append(self._inside(video_id, where, found[0][1]))
        return accepted

    def _inside(self, video_id: str, where: str, sentences: tuple[Sentence, ...]) -> Subtitles:
        end = self.used[video_id]
        inside = tuple(Sentence(s.text, s.start, min(s.end, end)) for s in sentences if s.start < end)
        if len(inside) < len(sentences):
            dropped = len(sentences) - len(inside)
            cause = f"{dropped} of {len(sentences)} sentences start after {self._end(video_id)}"
            self.annotations.refuse("subtitle", video_id, where, cause)
            self.annotations.subtitle_counts.sentences_after_end += dropped
        return Subtitles(video_id, inside)

    def _end(self, video_id: str) -> str:
        if self.used[video_id] == self.limit:
            return f"the {self.limit:g} s that are used of each video (prepare.max_seconds)"
        return f"the video's end ({self.used[video_id]:g} s)"


def summary(annotations: Annotations, assembled: Assembled) -> dict[str, Any]:
    """The numbers of prepare.json, then the list of what was refused; times in seconds."""
    queries, videos, refused = assembled.queries, assembled.videos, assembled.refused
    described = {query.video_id for query in queries}
    return {
        "videos": len(videos),
        "queries": len(queries),
        "queries_per_video": round(len(queries) / len(described), 3) if described else 0,
        "spans": sum(len(query.spans) for query in queries),
        "without_ground_truth": sum(not query.spans for query in queries),
        "subtitles": len(assembled.subtitles),
        "sentences": sum(len(track.sentences) for track in assembled.subtitles),
        "subtitle_counts": annotations.subtitle_counts.numbers(),
        "seconds": round(sum(video.duration for video in videos), 3),
        "used_seconds": round(sum(video.used_seconds for video in videos), 3),
        "splits": {
            split: {
                "videos": sum(split in video.splits for video in videos),
                "queries": sum(query.split == split for query in queries),
            }
            for split in SPLITS
        },
        "val_held_out_of_train": assembled.val_held_out,
        "leaks": leaks(videos),
        "read_as_meant": {
            kind: {"count": count, "of": assembled.dropped["queries"][1]}
            for kind, count in read_as_meant(annotations.corrections).items()
        },
        "dropped": {name: {"count": count, "of": of} for name, (count, of) in assembled.dropped.items()},
        **annotations.own_numbers,
        **right_answers.numbers(annotations, queries),
        "unused": annotations.unused,
        "unread_columns": annotations.unread_columns,
        "absent": annotations.absent,
        "refused_counts": {
            **{what: sum(r.what == what for r in refused) for what in WHATS},
            "query_of_refused_video": len(assembled.with_video),
        },
        "refused": [asdict(r) for r in sorted([*refused, *assembled.with_video], key=astuple)],
    }
