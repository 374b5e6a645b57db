"""Rows of the queries of a user's own videos: which files hold them, and what their fields mean.

Test: tests/annotations/test_own_rows.py.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.annotations.common.corrections import DECIMALS, TEXTS, TYPO, Correction
from pipeline.annotations.common.lines import jsonl_rows
from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.tables import table_rows
from pipeline.annotations.common.values import is_empty, span_written, time_written, whole_number
from pipeline.annotations.common.video_names import VideoNames
from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord, shown
from pipeline.core.manifest import SPLITS

REQUIRED = ("vid_name", "desc")
TIMES = ("start", "end", "duration")
OTHERS = ("desc_id", "ts", "split", "type")
FIELDS = (*REQUIRED, *TIMES, *OTHERS)
"""What a row may hold and is read."""

MISNAMED = ("queries", "query", "queries.csv", "queries.jsonl", "annotations", "captions")
MISNAMED_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".xlsx", ".xls", ".ods")
"""How a file of queries may be called by mistake, in small letters."""


@dataclass(frozen=True)
class OwnRow:
    """One row as it stands in its file.

    where: file:line below the source; split: of the file, None where the file is of no split; is_table: whether it is a
    row of a table, all of whose values are texts.
    """

    where: str
    fields: dict[str, Any]
    split: str | None = None
    is_table: bool = False


def query_files(source: Path) -> list[tuple[Path, str | None]]:
    """The files of queries, each with the split it is of; raises PipelineError for two kinds of them."""
    plain = [(source / name, None) for name in ("queries.jsonl", "queries.csv") if (source / name).is_file()]
    given = [(source / f"{split}.jsonl", split) for split in SPLITS if (source / f"{split}.jsonl").is_file()]
    kinds = [path.name for path, _ in (*plain, *given[:1])]
    if len(kinds) > 1:
        raise PipelineError(f"both {kinds[0]} and {kinds[1]} hold queries", where=source, fix="keep one of them")
    return [*plain, *given]


def rows(annotations: Annotations) -> Iterator[OwnRow]:
    """All rows, in the order of the files; what is no row is refused, and fields that are not read are noted."""
    files = query_files(annotations.source)
    if not files:
        annotations.no_queries = f"no queries.jsonl, queries.csv or train.jsonl{_misnamed(annotations.source)}"
    for path, split in files:
        if path.suffix == ".csv":
            for where, row in table_rows(annotations, path, REQUIRED, TIMES, OTHERS):
                yield OwnRow(where, dict(row), split, is_table=True)
            continue
        unread: dict[str, None] = {}
        for where, fields in jsonl_rows(annotations, path):
            unread |= dict.fromkeys(name for name in fields if name not in FIELDS)
            yield OwnRow(where, fields, split)
        annotations.unread_columns |= {annotations.name(path): list(unread)} if unread else {}


def _misnamed(source: Path) -> str:
    """What follows a cause: the files in the source that a person may take for its queries."""
    found = sorted(
        path.name
        for path in source.iterdir()
        if path.stem.lower() in MISNAMED and path.suffix.lower() in MISNAMED_SUFFIXES
    )
    return f", but {' and '.join(map(shown, found))}: name it so, or save it as one of these" if found else ""


def video_of(annotations: Annotations, row: OwnRow, names: VideoNames) -> Any:
    """The id of the video that the row names, as it stands there where it is unknown.

    Where the row names the video otherwise, or most likely misspells it, that is noted. Raises BadRecord where it may
    be one of several.
    """
    written = row.fields.get("vid_name")
    whole = whole_number(written)
    if isinstance(whole, bool) or not isinstance(whole, str | int):
        return written
    name = unicodedata.normalize("NFC", str(whole))
    found = (name, DECIMALS) if name in names else names.meant(name)
    if not found and name not in annotations.corpus and (likely := names.misspelt(name)):
        _note(annotations, TYPO, row, "vid_name", likely)
    if found and (found[0] != name or isinstance(written, float)) and not names.is_shared(found[0]):
        _note(annotations, found[1], row, "vid_name", found[0])
    return found[0] if found else name


def query_id_of(annotations: Annotations, row: OwnRow, video_id: Any, number: int) -> Any:
    """The id that the row gives its query, else one of its video and the number."""
    written = row.fields.get("desc_id")
    if is_empty(written):
        return f"{video_id}#{number}"
    if isinstance(written, float) and isinstance(whole_number(written), int):
        _note(annotations, DECIMALS, row, "desc_id", whole_number(written))
    return whole_number(written)


def meant(annotations: Annotations, row: OwnRow, video_id: Any) -> dict[str, Any]:
    """The row with its values as they are meant, without empty ones; raises BadRecord where its times disagree."""
    fields = {name: value for name, value in row.fields.items() if not is_empty(value)}
    if "vid_name" in row.fields:
        fields["vid_name"] = None if video_id != video_id else video_id
    if "duration" in fields:
        fields["duration"] = time_written(fields["duration"])
    ends = [fields.get("start"), fields.get("end")]
    written = fields.get("ts", ends)
    span = fields["ts"] = span_written(written)
    if "ts" in row.fields and not is_empty(row.fields["ts"]) and ends != [None, None] and span != span_written(ends):
        raise BadRecord("`ts` says another time than `start` and `end`")
    if not row.is_table and span != written and _is_pair_of_numbers(span):
        _note(annotations, TEXTS, row, "ts", span)
    return fields


def _note(annotations: Annotations, kind: str, row: OwnRow, field: str, value: Any) -> None:
    written = row.fields.get(field, [row.fields.get("start"), row.fields.get("end")])
    annotations.corrections.append(Correction(kind, row.where, field, written, value))


def _is_pair_of_numbers(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(one, int | float) for one in value)
