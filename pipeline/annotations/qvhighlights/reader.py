"""QVHighlights (Lei et al., NeurIPS 2021): highlight_{train,val}_release.jsonl, highlight_test_with_gt.jsonl.

Without the last, highlight_test_release.jsonl gives the test queries without spans. A query has one window or more; a
prediction must match one of them. Test: tests/annotations/test_published.py.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pipeline.annotations.common.formats import read_by
from pipeline.annotations.common.lines import jsonl_rows
from pipeline.annotations.common.records import AnnotatedQuery, Annotations
from pipeline.core.ids import BadRecord, duration_of, id_of, sentence_of, span_of

FILES = {
    "train": ("highlight_train_release.jsonl",),
    "val": ("highlight_val_release.jsonl",),
    "test": ("highlight_test_with_gt.jsonl", "highlight_test_release.jsonl"),
}


def read(source: Path, params: SimpleNamespace) -> Annotations:
    """Read the splits that are there; raises PipelineError where none is."""
    annotations = Annotations(source)
    for split, path in annotations.present(FILES):
        for where, row in jsonl_rows(annotations, path):
            with annotations.refusing("query", row.get("qid"), where):
                query = _query(row, where, split)
                annotations.durations[query.video_id] = duration_of(row.get("duration"), "duration")
                annotations.add(query)
    return annotations


def _query(row: dict[str, Any], where: str, split: str) -> AnnotatedQuery:
    if "vid" not in row:
        raise BadRecord(f"`vid` is missing{read_by(row)}")
    windows = [] if row.get("relevant_windows") is None else row["relevant_windows"]
    if not isinstance(windows, list):
        raise BadRecord("`relevant_windows` is not a list")
    return AnnotatedQuery(
        query_id=id_of(row.get("qid"), "qid"),
        video_id=id_of(row["vid"], "vid"),
        text=sentence_of(row.get("query"), "query"),
        where=where,
        split=split,
        spans=tuple(span_of(window, "relevant_windows") for window in windows),
    )
