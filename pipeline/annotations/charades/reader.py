"""Charades-STA (Gao et al., ICCV 2017): charades_sta_{train,test}.txt; lengths from Charades_v1_{train,test}.csv.

A line is `<video> <start> <end>##<sentence>`; a sentence is called `<video>#<k>`, k counting the video's lines. The
times were widened by up to 1.5 s when they were made and run over the video's end by as much. Test:
tests/annotations/test_published.py.
"""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

from pipeline.annotations.common.lines import text_lines
from pipeline.annotations.common.records import AnnotatedQuery, Annotations
from pipeline.annotations.common.tables import table_rows
from pipeline.core.ids import BadRecord, duration_of, id_of, sentence_of, span_of

FILES = {"train": ("charades_sta_train.txt",), "test": ("charades_sta_test.txt",)}
LENGTHS = "Charades_v1_{split}.csv"
OVERRUN_SECONDS = 2.0


def read(source: Path, params: SimpleNamespace) -> Annotations:
    """Read the splits that are there; raises PipelineError where none is."""
    annotations = Annotations(source, overrun_seconds=OVERRUN_SECONDS, leave_out_inverted_spans=True)
    for split, path in annotations.present(FILES):
        counted: Counter[str] = Counter()
        for where, line in text_lines(annotations, path, "query"):
            video_id = line.split(" ", 1)[0]
            query_id = f"{video_id}#{counted[video_id]}"
            counted[video_id] += 1
            with annotations.refusing("query", query_id, where):
                annotations.add(_query(line, query_id, where, split))
        lengths = source / LENGTHS.format(split=split)
        if lengths.is_file():
            _read_lengths(annotations, lengths)
    return annotations


def _query(line: str, query_id: str, where: str, split: str) -> AnnotatedQuery:
    head, separator, sentence = line.partition("##")
    fields = head.split()
    if not separator or len(fields) != 3:
        raise BadRecord("not `<video> <start> <end>##<sentence>`")
    try:
        times = [float(field) for field in fields[1:]]
    except ValueError:
        raise BadRecord(f"not two times in seconds: {fields[1]} {fields[2]}") from None
    video_id = id_of(fields[0], "video id")
    text, spans = sentence_of(sentence, "sentence"), (span_of(times, "time"),)
    return AnnotatedQuery(query_id, video_id, text, where, split, spans)


def _read_lengths(annotations: Annotations, path: Path) -> None:
    for where, cells in table_rows(annotations, path, ("id", "length"), numbers=("length",), what="duration"):
        video_id = str(cells.get("id", ""))
        if video_id in annotations.corpus:
            with annotations.refusing("duration", video_id, where):
                annotations.durations[video_id] = duration_of(cells.get("length"), "length")
