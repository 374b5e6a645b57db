"""A file below `source` as the stage `scan` has found it, and the kinds of files there are."""

from dataclasses import dataclass

VIDEO, SUBTITLE, ANNOTATION, PACK = "video", "subtitle", "annotation", "pack"
"""The kinds of the files that are read; all files of a feature pack are of one kind."""

OTHER = "other"
"""The kind of a file that is not read."""


RIGHT_ANSWERS = "right_answers.jsonl"
"""A file that may lie directly below the source of any data set; common/right_answers.py reads it."""


@dataclass(frozen=True)
class ListedFile:
    """path: below `source`; kind: one of those above; size: bytes; duration: of a video's picture, seconds.

    problem: why the file cannot be used. Of a file that is not read there is no more than path and kind.
    """

    path: str
    kind: str
    size: int | None = None
    sha256: str | None = None
    duration: float | None = None
    problem: str | None = None
