"""ActivityNet Captions (Krishna et al., ICCV 2017): train.json, val.json (val_1), test.json (val_2).

val_1 and val_2 describe the same videos in other sentences, so most validation videos are in both corpora. The files
give no query ids: a sentence is `<video>#<split>#<k>`. Test: tests/annotations/test_published.py.
"""

from itertools import zip_longest
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pipeline.annotations.common.formats import read_by
from pipeline.annotations.common.lines import json_document
from pipeline.annotations.common.records import AnnotatedQuery, Annotations
from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord, duration_of, id_of, sentence_of, span_of

FILES = {"train": ("train.json",), "val": ("val.json", "val_1.json"), "test": ("test.json", "val_2.json")}


def read(source: Path, params: SimpleNamespace) -> Annotations:
    """Read the splits that are there; raises PipelineError where none is, or a file is no JSON object."""
    annotations = Annotations(source, leave_out_inverted_spans=True)
    for split, path in annotations.present(FILES):
        document, twice = json_document(path)
        if not isinstance(document, dict):
            cause = f"not a JSON object keyed by video id{read_by(document)}"
            raise PipelineError(cause, where=path, fix="fetch the file again, or choose another `dataset`")
        for name, record in document.items():
            where = f"{annotations.name(path)}:{name}"
            with annotations.refusing("video", name, where):
                if name in twice:
                    raise BadRecord("the video is described twice in this file")
                _read_video(annotations, id_of(name, "video id"), record, split, where)
    return annotations


def _read_video(annotations: Annotations, video_id: str, record: Any, split: str, where: str) -> None:
    if not isinstance(record, dict) or not all(isinstance(record.get(k), list) for k in ("sentences", "timestamps")):
        raise BadRecord("no lists `sentences` and `timestamps`")
    duration = duration_of(record.get("duration"), "duration")
    annotations.durations[video_id] = duration
    annotations.corpus[video_id].add(split)
    for number, (sentence, span) in enumerate(zip_longest(record["sentences"], record["timestamps"])):
        query_id, at = f"{video_id}#{split}#{number}", f"{where}[{number}]"
        with annotations.refusing("query", query_id, at):
            text, spans = sentence_of(sentence, "sentences"), (span_of(span, "timestamps"),)
            annotations.queries.append(AnnotatedQuery(query_id, video_id, text, at, split, spans))
