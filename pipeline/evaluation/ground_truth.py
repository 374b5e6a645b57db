"""Reads the annotations that a submission file is scored against: JSON lines as TVR publishes them.

Test: tests/evaluation/test_ground_truth.py.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.annotations.common.lines import jsonl_rows
from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.rows import type_of
from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord, id_of, span_of
from pipeline.evaluation.moments import Annotated, Span, annotated

ANNOTATORS = 4
"""From how many spans on a query has those of several annotators, of whom two must agree with an answer."""

FIX = 'write {"desc_id", "vid_name", "ts": [start, end]} a line; `type`, v, t or vt, may be there too'


@dataclass(frozen=True)
class GroundTruth:
    """The Q queries of an annotation file, in its order: id, id of the video, annotated spans, type.

    agreement: how many of its spans an answer to the query must match. types: v, t, vt, or empty where unknown.
    """

    query_ids: list[str] = field(default_factory=list)
    video_ids: list[str] = field(default_factory=list)
    spans: list[tuple[Span, ...]] = field(default_factory=list)
    agreement: list[int] = field(default_factory=list)
    types: list[str] = field(default_factory=list)

    @property
    def annotated(self) -> Annotated:
        """The queries that have annotated spans."""
        return annotated(self.spans, self.agreement)


def read_ground_truth(path: Path) -> GroundTruth:
    """Read an annotation file. Raises PipelineError for the first line that cannot be used, and where there is none.

    A `ts` that lists four spans or more is read by DiDeMo's rule: an answer must match two of them.
    """
    truth, lines = GroundTruth(), Annotations(path.parent)
    for where, row in jsonl_rows(lines, path):
        with lines.refusing("query", row.get("desc_id"), where):
            _add(truth, row)
        if lines.refused:
            break
    if lines.refused:
        first = lines.refused[0]
        raise PipelineError(first.cause, where=path.parent / first.where, fix=FIX)
    if not truth.query_ids:
        raise PipelineError("no query is in it", where=path, fix=FIX)
    if len(set(truth.query_ids)) < len(truth.query_ids):
        twice = next(one for one in truth.query_ids if truth.query_ids.count(one) > 1)
        raise PipelineError(f"`desc_id` {twice} is there twice", where=path, fix="keep one line of it")
    return truth


def _add(truth: GroundTruth, row: dict[str, Any]) -> None:
    query_id, video_id = (id_of(row.get(name), name) for name in ("desc_id", "vid_name"))
    spans, kind = _spans(row.get("ts")), type_of(row)
    truth.query_ids.append(query_id)
    truth.video_ids.append(video_id)
    truth.spans.append(spans)
    truth.agreement.append(2 if len(spans) > 1 else 1)
    truth.types.append(kind)


def _spans(ts: Any) -> tuple[Span, ...]:
    if ts is None:
        return ()
    if isinstance(ts, list) and len(ts) >= ANNOTATORS:
        return tuple(span_of(span, "ts") for span in ts)
    if isinstance(ts, list) and ts and all(isinstance(span, list) for span in ts):
        raise BadRecord(f"`ts` lists {len(ts)} spans; it is one [start, end] pair, or lists {ANNOTATORS} or more")
    return (span_of(ts, "ts"),)
