"""Lines, CSV rows and JSON documents: named by file and line, bad ones refused, good ones kept."""

import pytest

from pipeline.annotations.lines import csv_rows, json_document, jsonl_rows
from pipeline.annotations.records import Annotations
from pipeline.errors import PipelineError


@pytest.fixture
def write(tmp_path):
    def write(name: str, content: bytes):
        (tmp_path / name).write_bytes(content)
        return Annotations(tmp_path), tmp_path / name

    return write


def test_jsonl_keeps_the_good_lines(write):
    lines = [b'\xef\xbb\xbf{"a":1}\r', b"", b'{"a":', b"[1]", b'"\xff"', b"[" * 100_000, b'{"a":2}']
    annotations, path = write("q.jsonl", b"\n".join(lines))
    assert list(jsonl_rows(annotations, path)) == [("q.jsonl:1", {"a": 1}), ("q.jsonl:7", {"a": 2})]
    assert [(r.where, r.cause.split(":")[0]) for r in annotations.refused] == [
        ("q.jsonl:3", "not valid JSON"),
        ("q.jsonl:4", "not a JSON object"),
        ("q.jsonl:5", "not UTF-8 text (byte 0xff)"),
        ("q.jsonl:6", "not valid JSON"),
    ]


def test_csv_names_the_line_where_a_row_begins(write):
    rows = [
        "\ufeffid,text".encode(),
        b'1,"two\nlines"',
        "2,é".encode(),
        b"",
        b"3,a,b",
        b"4,\xff",
        b"5,fine",
        b'6,"open',
    ]
    annotations, path = write("q.csv", b"\n".join(rows) + b"\n")
    assert list(csv_rows(annotations, path, ("id",))) == [
        ("q.csv:2", {"id": "1", "text": "two\nlines"}),
        ("q.csv:4", {"id": "2", "text": "é"}),
        ("q.csv:8", {"id": "5", "text": "fine"}),
    ]
    assert [(r.where, r.cause.split(";")[0]) for r in annotations.refused] == [
        ("q.csv:6", "3 cells for 2 columns"),
        ("q.csv:7", "not UTF-8 text"),
        ("q.csv:9", "not valid CSV: unexpected end of data"),
    ]


@pytest.mark.parametrize("after", [b"5,fine\n6,fine\n", b"5,fine\n" * 20_000, b'5,"fine"\n'])
def test_a_quote_left_open_does_not_take_the_rows_after_it_away(write, after):
    """Whether it runs into the file's end, the parser's longest cell, or the next quote."""
    annotations, path = write("q.csv", b'id,text\n1,fine\n4,"open\n' + after)
    with pytest.raises(PipelineError, match=r"q\.csv:3: .* goes on to line \d+\n.*close the quote"):
        list(csv_rows(annotations, path, ("id", "text")))


def test_csv_without_its_columns(write):
    annotations, path = write("q.csv", b"vid_name;desc\na;b\n")
    with pytest.raises(PipelineError, match=r"q\.csv:1: no column named vid_name or desc"):
        list(csv_rows(annotations, path, ("vid_name", "desc")))


def test_json_document_names_the_position_and_finds_keys_given_twice(write):
    _, path = write("d.json", b'{"a": 1,\n"b" 2}')
    with pytest.raises(PipelineError, match=r"d\.json: not valid JSON: .* line 2 column 5"):
        json_document(path)
    _, path = write("d.json", b'{"a": 1, "b": 2, "a": 3}')
    assert json_document(path) == ({"a": 3, "b": 2}, ["a"])


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(PipelineError, match=r"gone\.json: cannot be read: No such file"):
        json_document(tmp_path / "gone.json")
