"""Reads a user's own videos: a folder of files, their queries as JSON lines or CSV, subtitles beside them.

<source>/videos/**           video files, the name without the extension is the id (or straight in <source>)
<source>/queries.jsonl       a line: {"vid_name", "desc"}, optionally "desc_id", "ts": [start, end], "duration",
                             "split", "type" (v, t or vt)
<source>/queries.csv         the same columns instead, as a spreadsheet writes them; times in columns `start` and `end`,
                             as seconds or 1:02.5, or `ts` as JSON
<source>/{train,val,test}.jsonl   instead of queries.jsonl, where the splits are given
                             with `train.reuse`, there may be none of these files
<source>/splits.json         {"train": [ids], ...}: splits of videos, also of those without queries; optional
<source>/**/<id>.srt         subtitles, anywhere; also <id>.<language>.srt, .vtt, .sbv, .ass, .ssa, .ttml; optional
<source>/subtitles.jsonl     instead of them, as TVR has them; optional

A query without `desc_id` is called `<vid_name>#<k>`, k counting the video's queries in file order. Tests:
tests/annotations/test_folder.py.
"""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pipeline.annotations.common import subtitles
from pipeline.annotations.common.formats import files_of_others
from pipeline.annotations.common.lines import json_document, jsonl_rows
from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.rows import read_row
from pipeline.annotations.common.tables import table_rows
from pipeline.annotations.common.videos import find_files, id_of_file, is_video
from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord, id_of
from pipeline.core.manifest import SPLITS

OTHER_COLUMNS = ("desc_id", "ts", "split", "type")
"""Columns of a table beside `vid_name`, `desc` and times."""


def read(source: Path, params: SimpleNamespace) -> Annotations:
    """Read the folder; raises PipelineError where it has no video file, or two kinds of query files."""
    annotations = Annotations(source)
    for path in filter(is_video, find_files(annotations.video_root)):
        with annotations.refusing("video", path.name, annotations.name(path)):
            annotations.corpus[id_of(id_of_file(path), "the file name")] |= set()
    if not annotations.corpus:
        fix = files_of_others(source) or "put the videos there, or mend `source`"
        raise PipelineError("no video file", where=annotations.video_root, fix=fix)
    if (source / "splits.json").is_file():
        _read_splits(annotations, source / "splits.json")
    counted: Counter[str] = Counter()
    for where, row, split, is_table in _rows(annotations):
        name = unicodedata.normalize("NFC", str(row.get("vid_name")))
        number = counted[name]
        counted[name] += 1
        query_id = f"{name}#{number}" if row.get("desc_id") is None else row["desc_id"]
        with annotations.refusing("query", query_id, where):
            split = _split(split if row.get("split") is None else row["split"])
            query = read_row(annotations, _typed(row) if is_table else row, where, query_id, split)
            annotations.queries.append(query)
            if query.split and query.video_id in annotations.corpus:
                annotations.corpus[query.video_id].add(query.split)
    subtitles.read_files(annotations, find_files(source), params.prepare.subtitle_language)
    if (source / "subtitles.jsonl").is_file():
        subtitles.read_jsonl(annotations, source / "subtitles.jsonl", wanted=lambda video_id: True)
    return annotations


def _rows(annotations: Annotations) -> Iterator[tuple[str, dict[str, Any], str | None, bool]]:
    """(file:line, row, the file's split, whether the row is CSV)."""
    source = annotations.source
    jsonl, table = source / "queries.jsonl", source / "queries.csv"
    given = [(split, source / f"{split}.jsonl") for split in SPLITS if (source / f"{split}.jsonl").is_file()]
    kinds = [path.name for path in (jsonl, table) if path.is_file()] + ([given[0][1].name] if given else [])
    if len(kinds) > 1:
        raise PipelineError(f"both {kinds[0]} and {kinds[1]} hold queries", where=source, fix="keep one of them")
    if not kinds:
        annotations.no_queries = "no queries.jsonl, queries.csv or train.jsonl"
    if jsonl.is_file():
        yield from ((where, _without_nan(row), None, False) for where, row in jsonl_rows(annotations, jsonl))
    if table.is_file():
        rows = table_rows(annotations, table, ("vid_name", "desc"), ("start", "end", "duration"), OTHER_COLUMNS)
        yield from ((where, row, None, True) for where, row in rows)
    for split, path in given:
        yield from ((where, _without_nan(row), split, False) for where, row in jsonl_rows(annotations, path))


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a table with its times as JSON has them."""
    typed = dict(row)
    if "start" in row or "end" in row:
        typed["ts"] = [row.get("start"), row.get("end")]
    elif "ts" in row:
        try:
            typed["ts"] = json.loads(row["ts"])
        except (ValueError, RecursionError):
            raise BadRecord("`ts` is not a [start, end] pair") from None
    return typed


def _without_nan(row: dict[str, Any]) -> dict[str, Any]:
    """Without the fields that hold NaN, which is what programs write for an empty cell."""
    return {name: value for name, value in row.items() if value == value}


def _split(value: Any) -> str | None:
    if value is not None and value not in SPLITS:
        raise BadRecord(f"`split` is {value!r}, not one of {', '.join(SPLITS)}")
    return value


def _read_splits(annotations: Annotations, path: Path) -> None:
    document, twice = json_document(path)
    well_formed = isinstance(document, dict) and all(isinstance(ids, list) for ids in document.values())
    if not well_formed or twice or set(document) - set(SPLITS):
        raise PipelineError(
            "not an object of lists of video ids named train, val, test, each once",
            where=path,
            fix='write {"train": ["id", ...], "test": [...]}',
        )
    for split, video_ids in document.items():
        for number, video_id in enumerate(video_ids):
            with annotations.refusing("video", video_id, f"{annotations.name(path)}:{split}[{number}]"):
                annotations.corpus[id_of(video_id, "video id")].add(split)
