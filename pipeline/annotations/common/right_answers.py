"""Other videos that answer a query too: an optional file that a user lays beside the annotations of any data set.

<source>/right_answers.jsonl   a line: {"query_id", "gt_video_ids": [ids]}, with the ids that the manifest has

A query's own video is right whether it is named or not. Test: tests/annotations/test_right_answers.py.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.annotations.common.lines import jsonl_rows
from pipeline.annotations.common.listed import RIGHT_ANSWERS
from pipeline.annotations.common.nearest import Nearest
from pipeline.annotations.common.records import RIGHT_ANSWER, Annotations
from pipeline.core.ids import BadRecord, id_of
from pipeline.core.manifest import Query


def read_right_answers(annotations: Annotations, source: Path) -> None:
    """Take over the file of `source` where there is one; a line that names what is not there is refused."""
    path = source / RIGHT_ANSWERS
    if not path.is_file():
        return
    lines = Annotations(source)  # the reader's own source may be a folder that it has made
    own = {query.query_id: query.video_id for query in annotations.queries}
    queries, videos = Nearest(own), Nearest(annotations.corpus)
    first: dict[str, str] = {}
    found: dict[str, tuple[str, ...]] = {}
    for where, row in jsonl_rows(lines, path, RIGHT_ANSWER):
        with lines.refusing(RIGHT_ANSWER, row.get("query_id"), where):
            query_id = id_of(row.get("query_id"), "query_id")
            if query_id not in own:
                raise BadRecord(f"unknown query {query_id!r}; {queries.to(query_id)}")
            if query_id in first:
                raise BadRecord(f"the query id is used twice, first at {first[query_id]}")
            first[query_id] = where
            found[query_id] = _others(row.get("gt_video_ids"), own[query_id], annotations, videos)
    annotations.refused += lines.refused
    annotations.right_answers = found


def numbers(annotations: Annotations, queries: Sequence[Query]) -> dict[str, Any]:
    """What prepare.json says of the file, under `right_answers`; nothing where there is none.

    queries: those of the manifest that have other right videos; videos: how many they have; outside_corpus: how many
    more the file names that are not in the corpus of the query's split; refused: lines that could not be used.
    """
    if annotations.right_answers is None:
        return {}
    kept = sum(len(query.also) for query in queries)
    named = sum(len(annotations.right_answers.get(query.query_id, ())) for query in queries)
    return {
        "right_answers": {
            "queries": sum(bool(query.also) for query in queries),
            "videos": kept,
            "outside_corpus": named - kept,
            "refused": sum(one.what == RIGHT_ANSWER for one in annotations.refused),
        }
    }


def _others(value: Any, own: str, annotations: Annotations, nearest: Nearest) -> tuple[str, ...]:
    """The videos of a line without the query's own, sorted."""
    if not isinstance(value, list):
        raise BadRecord("`gt_video_ids` is not a list of video ids")
    video_ids = {id_of(one, "gt_video_ids") for one in value}
    if unknown := sorted(video_ids - set(annotations.corpus)):
        raise BadRecord(f"unknown video {unknown[0]!r}; {nearest.to(unknown[0])}")
    return tuple(sorted(video_ids - {own}))
