"""What the files of the manifest hold: a query is read as it was written, and what is unknown is not there."""

import json

from pipeline.core.manifest import Query, read_queries, write_queries


def test_queries_are_read_as_they_were_written(tmp_path):
    queries = [
        Query("a1", "a", "one", "train", ((0.0, 1.5), (2.0, 3.0)), 2),
        Query("a2", "a", "two", "test", type="vt", also=("b", "c")),
    ]
    write_queries(tmp_path / "queries.jsonl", queries[::-1])
    assert read_queries(tmp_path / "queries.jsonl") == queries


def test_type_and_other_right_videos_are_there_only_where_they_are_known(tmp_path):
    write_queries(tmp_path / "queries.jsonl", [Query("1", "a", "one", "val"), Query("2", "a", "two", "val", type="t")])
    unknown, known = map(json.loads, (tmp_path / "queries.jsonl").read_text().splitlines())
    assert list(unknown) == ["agreement", "query_id", "spans", "split", "text", "video_id"]
    assert known == {**unknown, "query_id": "2", "text": "two", "type": "t"}
