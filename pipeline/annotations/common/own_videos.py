"""Reads a user's own videos: a folder of files, their queries as JSON lines or CSV, subtitles beside them.

<source>/videos/**           video files, the name without the extension is the id (or straight in <source>); with
                             `prepare.video_ids: path` it says the folders below videos/, too
<source>/queries.jsonl       a line: {"vid_name", "desc"}, optionally "desc_id", "ts": [start, end], "duration",
                             "split", "type" (v, t or vt); times may be `start` and `end`, too
<source>/queries.csv         the same columns instead, as a spreadsheet writes them; times in columns `start` and `end`,
                             as seconds or 1:02.5, or `ts` as JSON
<source>/{train,val,test}.jsonl   instead of queries.jsonl, where the splits are given
                             with `train.reuse`, there may be none of these files
<source>/splits.json         {"train": [ids], ...}: splits of videos, also of those without queries; optional
<source>/**/<id>.srt         subtitles, anywhere; also <id>.<language>.srt, .vtt, .sbv, .ass, .ssa, .ttml; optional
<source>/subtitles.jsonl     instead of them, as TVR has them; optional

What a row says in another way than this is read as it is meant where it can mean one thing only; own_rows.py has how.
A query without `desc_id` is called `<vid_name>#<k>`, k counting the video's queries in file order. Tests:
tests/annotations/test_folder.py.
"""

from collections import Counter, defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pipeline.annotations.common import own_rows, subtitles
from pipeline.annotations.common.formats import files_of_others
from pipeline.annotations.common.lines import json_document
from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.rows import read_row
from pipeline.annotations.common.video_names import VideoNames
from pipeline.annotations.common.videos import find_files, is_video, video_id_of
from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord, id_of
from pipeline.core.manifest import SPLITS


def read(source: Path, params: SimpleNamespace) -> Annotations:
    """Read the folder; raises PipelineError where it has no video file, or two kinds of query files."""
    annotations = read_queries(source, by_path=params.prepare.video_ids == "path")
    subtitles.read_files(annotations, find_files(source), params.prepare.subtitle_language)
    if (source / "subtitles.jsonl").is_file():
        subtitles.read_jsonl(annotations, source / "subtitles.jsonl", wanted=lambda video_id: True)
    return annotations


def read_queries(source: Path, by_path: bool) -> Annotations:
    """Read names of videos, splits and queries, as `read` does; by_path: whether ids say the folders, too."""
    annotations = Annotations(source, ids_by_path=by_path)
    files: dict[str, list[Path]] = defaultdict(list)
    for path in filter(is_video, find_files(annotations.video_root)):
        with annotations.refusing("video", path.name, annotations.name(path)):
            video_id = id_of(video_id_of(annotations, path), "the file name")
            files[video_id].append(path.relative_to(source))
            annotations.corpus[video_id] |= set()
    if not annotations.corpus:
        fix = files_of_others(source) or "put the videos there, or mend `source`"
        raise PipelineError("no video file", where=annotations.video_root, fix=fix)
    names = VideoNames(files, annotations.video_root.relative_to(source))
    if (source / "splits.json").is_file():
        _read_splits(annotations, source / "splits.json", names)
    counted: Counter[str] = Counter()
    for row in own_rows.rows(annotations):
        try:
            video_id = own_rows.video_of(annotations, row, names)
        except BadRecord as bad:
            annotations.refuse("query", row.fields.get("desc_id"), row.where, str(bad))
            continue
        query_id = own_rows.query_id_of(annotations, row, video_id, counted[str(video_id)])
        counted[str(video_id)] += 1
        with annotations.refusing("query", query_id, row.where):
            fields = own_rows.meant(annotations, row, video_id)
            query = read_row(annotations, fields, row.where, query_id, _split(fields.get("split", row.split)))
            annotations.queries.append(query)
            if query.split and query.video_id in annotations.corpus:
                annotations.corpus[query.video_id].add(query.split)
    return annotations


def _split(value: Any) -> str | None:
    if value is not None and value not in SPLITS:
        raise BadRecord(f"`split` is {value!r}, not one of {', '.join(SPLITS)}")
    return value


def _read_splits(annotations: Annotations, path: Path, names: VideoNames) -> None:
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
            row = own_rows.OwnRow(f"{annotations.name(path)}:{split}[{number}]", {"vid_name": video_id})
            with annotations.refusing("video", video_id, row.where):
                annotations.corpus[id_of(own_rows.video_of(annotations, row, names), "video id")].add(split)
