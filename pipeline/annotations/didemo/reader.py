"""DiDeMo (Hendricks et al., ICCV 2017): {train,val,test}_data.json.

Annotators chose runs of 5-second chunks, first and last included; all of them are kept, and a prediction must agree
with two. The last chunk of a video may be short. Only the first six chunks were annotated, of files that may be longer,
and the literature uses no more of them. A video's id is its file name without the extension. Test:
tests/annotations/test_published.py.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pipeline.annotations.common.formats import read_by
from pipeline.annotations.common.lines import json_document
from pipeline.annotations.common.records import AnnotatedQuery, Annotations
from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord, id_of, sentence_of

FILES = {"train": ("train_data.json",), "val": ("val_data.json",), "test": ("test_data.json",)}
CHUNK_SECONDS = 5.0
AGREEMENT = 2
ANNOTATED_SECONDS = 30.0


def read(source: Path, params: SimpleNamespace) -> Annotations:
    """Read the splits that are there; raises PipelineError where none is, or a file is no JSON list."""
    annotations = Annotations(source, overrun_seconds=CHUNK_SECONDS, max_seconds=ANNOTATED_SECONDS)
    for split, path in annotations.present(FILES):
        document, _ = json_document(path)
        if not isinstance(document, list):
            cause = f"not a JSON list of annotations{read_by(document)}"
            raise PipelineError(cause, where=path, fix="fetch the file again, or choose another `dataset`")
        for number, record in enumerate(document):
            query_id = record.get("annotation_id") if isinstance(record, dict) else None
            where = f"{annotations.name(path)}:[{number}]"
            with annotations.refusing("query", query_id, where):
                annotations.add(_query(record, where, split))
    return annotations


def _query(record: Any, where: str, split: str) -> AnnotatedQuery:
    if not isinstance(record, dict):
        raise BadRecord("not a JSON object")
    times = record.get("times")
    if not isinstance(times, list) or not times:
        raise BadRecord(f"`times` is not a list of [first, last] chunks{read_by(record, but='didemo')}")
    if len(times) < AGREEMENT:
        raise BadRecord(f"`times` has {len(times)} annotation, and a prediction must agree with {AGREEMENT}")
    file_name = id_of(record.get("video"), "video")
    return AnnotatedQuery(
        query_id=id_of(record.get("annotation_id"), "annotation_id"),
        video_id=id_of(file_name.rpartition(".")[0] or file_name, "video"),
        text=sentence_of(record.get("description"), "description"),
        where=where,
        split=split,
        spans=tuple(_span(chunks) for chunks in times),
        agreement=AGREEMENT,
    )


def _span(chunks: Any) -> tuple[float, float]:
    if not (isinstance(chunks, list) and len(chunks) == 2 and all(type(c) is int for c in chunks)):
        raise BadRecord("`times` is not a list of [first, last] chunks")
    first, last = chunks
    if not 0 <= first <= last:
        raise BadRecord(f"the chunks {first} to {last} are no span")
    return first * CHUNK_SECONDS, (last + 1) * CHUNK_SECONDS
