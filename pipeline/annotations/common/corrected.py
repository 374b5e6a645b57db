"""A copy of the queries of a user's own videos in which rows say what they mean; the files themselves stay.

Test: tests/annotations/test_corrected.py.
"""

import csv
import io
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.annotations.common import own_rows
from pipeline.annotations.common.corrections import ENCODING, Correction
from pipeline.annotations.common.lines import text_of
from pipeline.annotations.common.older_encodings import mended
from pipeline.annotations.common.own_layout import OWN_VIDEOS
from pipeline.annotations.common.records import Annotations, Refused
from pipeline.annotations.common.values import WithUnit, is_empty, says_unit
from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_path

WRITERS = (".jsonl", ".csv")


@dataclass(frozen=True)
class Copied:
    """What a copy holds: how many rows, what was changed in them, and which lines are not in it."""

    rows: int
    changed: list[Correction]
    left_out: list[Refused]


def check_new(annotations: Annotations, path: Path) -> None:
    """Raise PipelineError where a copy must not be written to `path`: no file is ever replaced."""
    if path.suffix.lower() not in WRITERS:
        raise PipelineError("a copy of queries is JSON lines or CSV", where=path, fix="name a .jsonl or a .csv file")
    if path.exists() or path.is_symlink():
        raise PipelineError("this is there already, and is not replaced", where=path, fix="name a file that is new")
    if path.parent.resolve() == annotations.source.resolve() and path.name in OWN_VIDEOS.annotations:
        cause = "the folder would have two files of queries"
        raise PipelineError(cause, where=path, fix="write the copy under another name, look at it, then replace yours")


def write_copy(annotations: Annotations, path: Path) -> Copied:
    """Write all rows of the queries to `path` with the corrections that `annotations` note, as its extension says.

    Lines that are no row, which `annotations` have refused, are not in it. A row that is refused keeps the times that
    say their unit as they are written: as bare seconds beyond the video's end they would look like milliseconds.
    """
    check_new(annotations, path)
    by_place, refused = defaultdict(list), {one.where for one in annotations.refused}
    for one in annotations.corrections:
        if one.where not in refused or not says_unit(one.meant):
            by_place[one.where].append(one)
    with tempfile.TemporaryDirectory() as folder:
        readable = Annotations(Path(folder))
        for file, _ in own_rows.query_files(annotations.source):
            text = mended(text_of(file)).encode("utf-8", "surrogateescape")
            (readable.source / file.name).write_bytes(text)
        rows = [(row.where, _row(row, by_place[row.where], row.where in refused)) for row in own_rows.rows(readable)]
    written = (_as_csv if path.suffix.lower() == ".csv" else _as_jsonl)([row for _, row in rows])
    with atomic_path(path) as temporary:
        temporary.write_bytes(written.encode("utf-8", "backslashreplace"))
    changed = [one for where, _ in rows for one in by_place[where]]
    return Copied(len(rows), changed, readable.refused)


def _row(row: own_rows.OwnRow, corrections: Sequence[Correction], is_refused: bool) -> dict[str, Any]:
    fields = {name: value for name, value in row.fields.items() if not _is_no_value(value)}
    if is_refused:
        fields = {name: value.text if isinstance(value, WithUnit) else value for name, value in fields.items()}
    if row.split is not None:
        fields.setdefault("split", row.split)
    for one in corrections:
        if one.kind == ENCODING:
            continue
        if one.field == "ts" and ("start" in fields or "end" in fields):
            fields |= {"start": one.meant[0], "end": one.meant[1]}
        if one.field != "ts" or "ts" in fields:
            fields[one.field] = one.meant
    return fields


def _is_no_value(value: Any) -> bool:
    return value != value or (isinstance(value, list) and len(value) == 2 and all(map(is_empty, value)))


def _as_jsonl(rows: Sequence[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as a table, behind a byte order mark, by which spreadsheets know UTF-8."""
    file = io.StringIO()
    table = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
    table.writeheader()
    table.writerows(dict(_cells(row)) for row in rows)
    return "\ufeff" + file.getvalue()


def _cells(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        yield name, json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
