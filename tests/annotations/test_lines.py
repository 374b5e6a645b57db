"""Lines, CSV rows and JSON documents: named by file and line, bad ones refused, good ones kept."""

import pytest

from pipeline.annotations.common.lines import json_document, jsonl_rows
from pipeline.annotations.common.records import Annotations
from pipeline.core.errors import PipelineError


@pytest.fixture
def write(tmp_path):
    def write(name: str, content: bytes):
        (tmp_path / name).write_bytes(content)
        return Annotations(tmp_path), tmp_path / name

    return write


def test_jsonl_keeps_the_good_lines(write):
    lines = [
        b'\xef\xbb\xbf{"a":1}\r',
        b"",
        b'{"a":',
        b"[1]",
        b'"\xff"',
        b"[" * 100_000,
        b'{"a":2}',
        b'{"a":3,"b":1,"a":4}',
    ]
    annotations, path = write("q.jsonl", b"\n".join(lines))
    assert list(jsonl_rows(annotations, path)) == [("q.jsonl:1", {"a": 1}), ("q.jsonl:7", {"a": 2})]
    assert [(r.where, r.cause.split(":")[0]) for r in annotations.refused] == [
        ("q.jsonl:3", "not valid JSON"),
        ("q.jsonl:4", "not a JSON object"),
        ("q.jsonl:5", "not UTF-8 text (byte 0xff), most likely windows-1252"),
        ("q.jsonl:6", "not valid JSON"),
        ("q.jsonl:8", "the key 'a' stands there twice"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_any_unicode_encoding_is_read(write, encoding):
    text = '{"a": "\u00e9\u3042"}\r\n\n[1]\n{"a": "\U0001f642"}'
    annotations, path = write("q.jsonl", text.encode(encoding))
    assert list(jsonl_rows(annotations, path)) == [
        ("q.jsonl:1", {"a": "\u00e9\u3042"}),
        ("q.jsonl:4", {"a": "\U0001f642"}),
    ]
    assert [r.where for r in annotations.refused] == ["q.jsonl:3"]
    _, path = write("d.json", '{"\u00e9": 1}'.encode(encoding))
    assert json_document(path) == ({"\u00e9": 1}, [])


def test_broken_utf16_is_named(write):
    annotations, path = write("q.jsonl", '{"a": 1}'.encode("utf-16") + b"\0")
    with pytest.raises(PipelineError, match=r"q\.jsonl: not the UTF-16 text that it begins as"):
        list(jsonl_rows(annotations, path))


def test_json_document_names_the_position_and_finds_keys_given_twice(write):
    _, path = write("d.json", b'{"a": 1,\n"b" 2}')
    with pytest.raises(PipelineError, match=r"d\.json: not valid JSON: .* line 2 column 5"):
        json_document(path)
    _, path = write("d.json", b'{"a": 1, "b": 2, "a": 3}')
    assert json_document(path) == ({"a": 3, "b": 2}, ["a"])


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(PipelineError, match=r"gone\.json: cannot be read: No such file"):
        json_document(tmp_path / "gone.json")
