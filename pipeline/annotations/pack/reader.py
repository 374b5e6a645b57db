"""A published feature pack in MS-SL's layout: features instead of videos, captions instead of annotation files.

<collection>/TextData/<name>{train,val,test}.caption.txt   a line: `<video id>#enc#<k> <sentence>`
<collection>/TextData/<name>{train,val,test}.moments.jsonl the same queries with times, as TVR has them; optional
<collection>/TextData/*.hdf5                               token features, a data set a query id
<collection>/FeatureData/**                                video features, one HDF5 file or a folder with feature.bin

Papers report val, and in the published packs test is the same as val: then val is not read, and validation videos are
held out of train. So it is where they share some queries. Where there is no test file, val is for testing. Tests:
tests/packs/test_reader.py.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pipeline.annotations.common.lines import jsonl_rows, text_lines
from pipeline.annotations.common.records import AnnotatedQuery, Annotations, VideoFile
from pipeline.annotations.common.rows import type_of
from pipeline.annotations.pack.check import check
from pipeline.core.ids import BadRecord, duration_of, id_of, sentence_of, span_of
from pipeline.packs.collection import CAPTIONS, Collection, find
from pipeline.packs.description import Pack, describe
from pipeline.packs.params import PackParams
from pipeline.packs.rows import open_rows

SECTIONS = (PackParams,)  # of params.yaml, which `read` is given
OVERRUN_SECONDS = 2.0
Told = dict[str, dict[str, Any]]
"""What moments files tell of queries, by id: fields of AnnotatedQuery."""


def read(source: Path, params: SimpleNamespace) -> Annotations:
    """Read the pack and check every row of it; raises PipelineError where a part is missing or not of one piece."""
    collection = find(source, params.pack)
    annotations = Annotations(source, overrun_seconds=OVERRUN_SECONDS, leave_out_inverted_spans=True)
    captions, val_equals_test = _captions(annotations, collection)
    told: Told = {}
    for split, path in captions.items():
        queries = _queries(annotations, path, split)
        _read_moments(annotations, path, {query.query_id for query in queries}, told)
        for one in queries:
            annotations.add(replace(one, **told.get(one.query_id, {})))
    query = _check_queries(annotations, source, collection)
    video = _check_videos(annotations, source, collection, params.pack.row_seconds)
    annotations.pack = Pack(params.source, collection.name, video.described, query.described)
    annotations.own_numbers["pack"] = {
        "collection": collection.name,
        "captions": {split: annotations.name(path) for split, path in captions.items()},
        "val_equals_test": val_equals_test,
        "video_features": video.numbers,
        "query_features": query.numbers,
    }
    return annotations


def _captions(annotations: Annotations, collection: Collection) -> tuple[dict[str, Path], bool]:
    """The caption file of each split to read, and whether val and test have the same queries."""
    captions = dict(collection.captions)
    if "test" not in captions and "val" in captions:
        captions["test"] = captions.pop("val")
    if "val" not in captions or "test" not in captions:
        return captions, False
    scratch = Annotations(annotations.source)
    val, test = ({q.query_id for q in _queries(scratch, captions[split], split)} for split in ("val", "test"))
    if val & test:
        del captions["val"]
    return captions, bool(val) and val == test


def _queries(annotations: Annotations, path: Path, split: str) -> list[AnnotatedQuery]:
    queries = []
    for where, line in text_lines(annotations, path, "query"):
        name, _, sentence = line.partition(" ")
        with annotations.refusing("query", name, where):
            video, separator, _ = name.partition("#")
            if not separator:
                raise BadRecord("not `<video id>#enc#<k> <sentence>`")
            query_id, video_id = id_of(name, "query id"), id_of(video, "video id")
            queries.append(AnnotatedQuery(query_id, video_id, sentence_of(sentence, "sentence"), where, split))
    return queries


def _read_moments(annotations: Annotations, captions: Path, query_ids: set[str], told: Told) -> None:
    path = captions.with_name(captions.name.removesuffix(CAPTIONS) + ".moments.jsonl")
    if not path.is_file():
        return
    for where, row in jsonl_rows(annotations, path, what="span"):
        with annotations.refusing("span", row.get("desc_id"), where):
            query_id = id_of(row.get("desc_id"), "desc_id")
            if query_id not in query_ids:
                raise BadRecord("no caption of this id")
            spans = () if row.get("ts") is None else (span_of(row["ts"], "ts"),)
            told[query_id] = {"spans": spans, "type": type_of(row)}
            if row.get("duration") is not None:
                annotations.durations[query_id.partition("#")[0]] = duration_of(row["duration"], "duration")


@dataclass(frozen=True)
class _Feature:
    described: Any
    numbers: dict[str, Any]


def _check_queries(annotations: Annotations, source: Path, collection: Collection) -> _Feature:
    """Leave out the queries whose token features cannot be used."""
    with open_rows(collection.query) as rows:
        found, renamed = check(annotations, "query", ((q.query_id, q.where) for q in annotations.queries), rows)
        annotations.queries = [query for query in annotations.queries if query.query_id in found]
        return _feature(source, rows, found, renamed, {})


def _check_videos(annotations: Annotations, source: Path, collection: Collection, row_seconds: float) -> _Feature:
    """Let rows stand for the video files; a length that no moments file tells is that of the rows."""
    where = annotations.name(collection.video)
    with open_rows(collection.video) as rows:
        found, renamed = check(annotations, "video", ((v, where) for v in sorted(annotations.corpus)), rows)
        declared = annotations.durations
        annotations.files = {
            video_id: VideoFile(collection.video, one.sha256, declared.get(video_id, one.rows * row_seconds))
            for video_id, one in found.items()
        }
        return _feature(source, rows, found, renamed, {"durations_from_rows": len(found.keys() - declared.keys())})


def _feature(source: Path, rows: Any, found: dict[str, Any], renamed: int, more: dict[str, int]) -> _Feature:
    some = next(iter(found.values()), None)
    dtype = "float16" if all(one.dtype == "float16" for one in found.values()) else "float32"
    described = describe(source, rows.path, rows.files, some.size if some else 0, dtype)
    numbers = {
        "path": described.path,
        "size": described.size,
        "dtype": dtype,
        "found": len(found),
        "rows": sum(one.rows for one in found.values()),
        "found_under_another_name": renamed,
        **more,
        **rows.facts,
    }
    return _Feature(described, numbers)
