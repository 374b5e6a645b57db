"""One row of TVR's format: {"vid_name", "desc", "ts": [start, end], "duration"}; a user's own queries look the same.

Tests: tests/annotations/test_folder.py, tests/annotations/test_published.py.
"""

from typing import Any

from pipeline.annotations.common.formats import read_by
from pipeline.annotations.common.records import AnnotatedQuery, Annotations
from pipeline.core.ids import BadRecord, duration_of, id_of, sentence_of, span_of


def read_row(
    annotations: Annotations, row: dict[str, Any], where: str, query_id: Any, split: str | None
) -> AnnotatedQuery:
    """The query of one row, and its video's declared duration noted; other fields (`type`) are not read.

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
    )
    if row.get("duration") is not None:
        annotations.durations[video_id] = duration_of(row["duration"], "duration")
    return query
