"""The manifest: the three JSON-lines files that every data set becomes, once it is read and checked.

`videos.jsonl`, `queries.jsonl` and `subtitles.jsonl` are sorted by id, so equal annotations give equal bytes. Times are
seconds from the start of the video. No stage after `prepare` sees an original annotation file.
"""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.core.files import as_written, read_jsonl, write_jsonl

SPLITS = ("train", "val", "test")
SELECTION_SPLIT = {"honest": "val", "published": "test"}
"""For each protocol, the split on which a model is chosen."""

TYPES = ("v", "t", "vt")
"""The types of queries of TVR, by what they speak of: what is seen in the video, what is said in it, or both."""


@dataclass(frozen=True)
class Video:
    """One video of the corpus.

    path: relative to the main checkout where `source` is a relative path, else absolute; None where there is no file
    because the features came with a feature pack.
    sha256: of the file's bytes, or of the video's rows in the pack.
    duration: seconds from the start of the file to the end of its picture.
    splits: the splits whose corpora hold the video, in the order of `SPLITS`.
    used_seconds: how many of its first seconds the data set uses, at most the duration, which is the default.
    """

    video_id: str
    path: str | None
    sha256: str
    duration: float
    splits: tuple[str, ...]
    used_seconds: float = math.inf

    def __post_init__(self):
        if self.used_seconds == math.inf:
            object.__setattr__(self, "used_seconds", self.duration)


@dataclass(frozen=True)
class Query:
    """One text query, which describes a part of a video.

    spans: the annotated (start, end) pairs in seconds, empty where unknown; agreement: how many of the spans a
    prediction must match to be correct (1; in DiDeMo 2, those of two annotators); type: one of TYPES, empty where
    unknown; also: the ids of other videos in the corpus of its split that answer the query too, sorted.
    """

    query_id: str
    video_id: str
    text: str
    split: str
    spans: tuple[tuple[float, float], ...] = ()
    agreement: int = 1
    type: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sentence:
    """One sentence of the subtitles; start and end are in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Subtitles:
    """The subtitles of one video.

    Those of a subtitle file are sorted by start and end, those of JSON lines keep the order of the line.
    """

    video_id: str
    sentences: tuple[Sentence, ...]


def write_videos(path: Path | str, videos: list[Video]) -> None:
    """Write videos.jsonl, sorted by video id."""
    write_jsonl(path, (asdict(video) for video in sorted(videos, key=lambda v: v.video_id)))


def read_videos(path: Path | str) -> list[Video]:
    """Read videos.jsonl; raises PipelineError naming the file, and the line where it is not JSON."""
    with as_written(path):
        return [Video(**{**row, "splits": tuple(row["splits"])}) for row in read_jsonl(path)]


def write_queries(path: Path | str, queries: list[Query]) -> None:
    """Write queries.jsonl, sorted by query id; `type` and `also` stand only where they say something."""
    write_jsonl(path, (_query_row(query) for query in sorted(queries, key=lambda q: q.query_id)))


def read_queries(path: Path | str) -> list[Query]:
    """Read queries.jsonl; raises PipelineError naming file and line."""
    with as_written(path):
        return [
            Query(**{**row, "spans": tuple(tuple(span) for span in row["spans"]), "also": tuple(row.get("also", ()))})
            for row in read_jsonl(path)
        ]


def _query_row(query: Query) -> dict[str, Any]:
    row = asdict(query)
    return {key: value for key, value in row.items() if value or key not in ("type", "also")}


def write_subtitles(path: Path | str, subtitles: list[Subtitles]) -> None:
    """Write subtitles.jsonl, sorted by video id."""
    write_jsonl(path, (asdict(track) for track in sorted(subtitles, key=lambda s: s.video_id)))


def read_subtitles(path: Path | str) -> list[Subtitles]:
    """Read subtitles.jsonl; raises PipelineError naming file and line."""
    with as_written(path):
        return [
            Subtitles(row["video_id"], tuple(Sentence(**sentence) for sentence in row["sentences"]))
            for row in read_jsonl(path)
        ]
