"""One row of TVR's format: {"vid_name", "desc", "ts": [start, end], "duration"}; a user's own queries look the same.

Tests: tests/annotations/test_folder.py, tests/annotations/test_published.py.
"""

from typing import Any

from pipeline.annotations.common.formats import read_by
from pipeline.annotations.common.records import AnnotatedQuery, Annotations
from pipeline.annotations.common.values import says_unit
from pipeline.core.ids import BadRecord, duration_of, id_of, sentence_of, shown, span_of
from pipeline.core.manifest import TYPES


def read_row(
    annotations: Annotations, row: dict[str, Any], where: str, query_id: Any, split: str | None
) -> AnnotatedQuery:
    """The query of one row, and its video's declared duration noted; other fields are not read.

    Raises BadRecord for a field that is missing or cannot be.
    """
    if "vid_name" not in row:
        raise BadRecord(f"`vid_name` is missing{read_by(row)}")
    video_id = id_of(row["vid_name"], "vid_name")
    query = AnnotatedQuery(
        query_id=id_of(query_id, "desc_id"),
        video_id=video_id,
        text=sentence_of(row.get("desc"), "desc"),
        where=where,
        split=split,
        spans=() if row.get("ts") is None else (span_of(row["ts"], "ts"),),
        type=type_of(row),
        says_unit=says_unit(row.get("ts")),
    )
    if row.get("duration") is not None:
        annotations.durations[video_id] = duration_of(row["duration"], "duration")
    return query


def type_of(row: dict[str, Any]) -> str:
    """The type of a row's query, one of TYPES, or empty where the row names none; raises BadRecord for another."""
    value = row.get("type")
    if value in (None, ""):
        return ""
    if value not in TYPES:
        raise BadRecord(f"`type` is {shown(value)!r}, not one of {', '.join(TYPES)}")
    return str(value)
