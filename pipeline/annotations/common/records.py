"""What a reader hands over: the annotations of a data set as found, before videos are looked at and splits are drawn.

A reader is a module `pipeline.annotations.<dataset>.reader` with `read(source, params) -> Annotations`. A record that
cannot be used is refused, named with file and line, and the rest goes on; `assemble` turns what is left into the
manifest. Tests: tests/annotations/test_folder.py, tests/annotations/test_published.py.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.annotations.common.corrections import Correction
from pipeline.annotations.common.formats import files_of_others
from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord, shown
from pipeline.core.manifest import Subtitles
from pipeline.packs.description import Pack
from pipeline.subtitles.counts import SubtitleCounts

WHATS = ("video", "query", "subtitle", "span", "duration")
RIGHT_ANSWER = "right answer"


@dataclass(frozen=True)
class Refused:
    """One thing that was left out: `what` is one of `WHATS`, or `RIGHT_ANSWER`; `where`: file:line below the source."""

    what: str
    id: str
    where: str
    cause: str


@dataclass(frozen=True)
class AnnotatedQuery:
    """One query as annotated.

    split: as published, None where none is named; spans: (start, end) in seconds; type: v, t, vt, empty if unknown;
    says_unit: whether a time of it is written with its unit (`1:02`, `12 s`), so that it is no number of milliseconds.
    """

    query_id: str
    video_id: str
    text: str
    where: str
    split: str | None = None
    spans: tuple[tuple[float, float], ...] = ()
    agreement: int = 1
    type: str = ""
    says_unit: bool = False


@dataclass(frozen=True)
class VideoFile:
    """A file that holds video; sha256 of its bytes; duration of its picture in seconds.

    Of a feature pack: where the rows lie, and the hash of the video's rows.
    """

    path: Path
    sha256: str
    duration: float


@dataclass
class Annotations:
    """Everything a reader found.

    source: the folder that was read: that of params.yaml, or one that the reader has made, laid out like a user's own
    videos; videos lie in `<source>/videos`, or straight in it where there is no such folder;
    corpus: the splits named for each video, with or without queries (empty set: none named);
    durations: seconds a video as declared by the annotations; subtitles: (where, track), a video at most once, and
    subtitle_counts, what became of them;
    unused: queries counted but not used, a file; unread_columns: of a table, those whose names say nothing, a file;
    absent: files of the data set that are not there;
    overrun_seconds: how far a span may reach beyond the video's end and be clipped to it, not refused;
    leave_out_inverted_spans: a span that starts after its end is left out of its query (published data sets whose
    counts include such a query), instead of refusing the query;
    ids_by_path: whether a video's id says its folder too, None where the data set leaves no choice;
    corrections: what rows of queries say otherwise than it is meant;
    max_seconds: how many of a video's first seconds the data set uses, None for all;
    no_queries: that there is no file of queries, where there is none;
    val_shared: why the val split that the data set names is not used, None where it is; unused_val_queries: how many
    queries it had;
    files: the videos, where the reader has looked at them itself; pack: the feature pack they come from, if any;
    own_numbers: what the reader adds to prepare.json, by name;
    right_answers: the other videos that answer a query too, by query id; None where no file tells.
    """

    source: Path
    queries: list[AnnotatedQuery] = field(default_factory=list)
    corpus: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    durations: dict[str, float] = field(default_factory=dict)
    subtitles: list[tuple[str, Subtitles]] = field(default_factory=list)
    subtitle_counts: SubtitleCounts = field(default_factory=SubtitleCounts)
    refused: list[Refused] = field(default_factory=list)
    unused: dict[str, int] = field(default_factory=dict)
    unread_columns: dict[str, list[str]] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    overrun_seconds: float = 1.0
    leave_out_inverted_spans: bool = False
    ids_by_path: bool | None = None
    corrections: list[Correction] = field(default_factory=list)
    max_seconds: float | None = None
    no_queries: str | None = None
    val_shared: str | None = None
    unused_val_queries: int = 0
    files: dict[str, VideoFile] | None = None
    pack: Pack | None = None
    own_numbers: dict[str, Any] = field(default_factory=dict)
    right_answers: dict[str, tuple[str, ...]] | None = None

    @property
    def video_root(self) -> Path:
        """The folder below which the video files lie."""
        videos = self.source / "videos"
        return videos if os.path.isdir(videos) else self.source

    def name(self, path: Path) -> str:
        """How `path` is called in messages: relative to the source, so that it is the same on every machine."""
        return shown(path.relative_to(self.source).as_posix())

    def refuse(self, what: str, id: object, where: str, cause: str) -> None:
        """Leave one thing out and say so."""
        self.refused.append(Refused(what, shown(id), where, shown(cause)))

    @contextmanager
    def refusing(self, what: str, id: object, where: str) -> Iterator[None]:
        """What raises BadRecord inside is left out."""
        try:
            yield
        except BadRecord as bad:
            self.refuse(what, id, where, str(bad))

    def add(self, query: AnnotatedQuery) -> None:
        """Take a query of a published data set, and its video into the corpus of the query's split."""
        self.queries.append(query)
        if query.split is not None:
            self.corpus[query.video_id].add(query.split)

    def present(self, splits: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, Path]]:
        """(split, file) for each split of which a file is there; `splits` gives its accepted names, best first.

        Raises PipelineError where the source has none of them.
        """
        found = []
        for split, names in splits.items():
            paths = [self.source / name for name in names if (self.source / name).is_file()]
            found += [(split, paths[0])] if paths else []
            self.absent += [] if paths else [names[0]]
        if not found:
            raise PipelineError(
                f"none of the annotation files {', '.join(self.absent)} is here",
                where=self.source,
                fix=files_of_others(self.source)
                or "let `source` in params.yaml name the folder that holds them, or choose another `dataset`",
            )
        yield from found
