"""Files are written whole or not at all; one value has one canonical text."""

import errno
import math

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.files import (
    atomic_folder,
    atomic_path,
    canonical_json,
    read_json,
    read_jsonl,
    write_json,
    write_jsonl,
)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("good")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "good"
    assert [file.name for file in tmp_path.iterdir()] == ["out.txt"]


def test_nothing_is_visible_under_the_final_name_before_it_is_whole(tmp_path):
    path = tmp_path / "new" / "out.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists() and temporary.parent.parent == path.parent
    assert path.read_text() == "whole"


def test_a_folder_takes_its_name_when_it_is_whole_and_replaces_what_was_there(tmp_path):
    path = tmp_path / "new"
    for text in ("first", "second"):
        with atomic_folder(path) as temporary:
            (temporary / f"{text}.txt").write_text(text)
            assert not (path / f"{text}.txt").exists()
        assert [file.name for file in path.iterdir()] == [f"{text}.txt"]
    with pytest.raises(RuntimeError), atomic_folder(path) as temporary:
        (temporary / "third.txt").write_text("half")
        raise RuntimeError
    assert (path / "second.txt").read_text() == "second" and [entry.name for entry in tmp_path.iterdir()] == ["new"]


@pytest.mark.parametrize("atomic", [atomic_path, atomic_folder])
def test_a_disk_without_room_is_named(tmp_path, atomic):
    with pytest.raises(PipelineError, match="no room"), atomic(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_canonical_json_does_not_depend_on_the_order_of_keys():
    text = '{"a":[1.5,"é"],"b":1}'
    assert canonical_json({"b": 1, "a": [1.5, "é"]}) == canonical_json({"a": [1.5, "é"], "b": 1}) == text


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_values_that_json_cannot_hold_are_refused(tmp_path, value):
    with pytest.raises(ValueError):
        write_json(tmp_path / "x.json", {"a": value})
    with pytest.raises(ValueError):
        write_jsonl(tmp_path / "x.jsonl", [{"a": value}])
    assert not list(tmp_path.iterdir())


def test_broken_files_are_named_with_their_line(tmp_path):
    (tmp_path / "x.jsonl").write_text('{"a": 1}\n{"a": \n')
    with pytest.raises(PipelineError, match=r"x\.jsonl:2"):
        read_jsonl(tmp_path / "x.jsonl")
    for damaged in (b'{"a": "\xff"}', b"[" * 100_000, b'{"a":\x001}'):
        (tmp_path / "x.jsonl").write_bytes(b"{}\n\n" + damaged)
        with pytest.raises(PipelineError, match=r"x\.jsonl:3[\s\S]*amdnet repair"):
            read_jsonl(tmp_path / "x.jsonl")
        (tmp_path / "x.json").write_bytes(damaged)
        with pytest.raises(PipelineError, match=r"x\.json[\s\S]*amdnet repair"):
            read_json(tmp_path / "x.json")
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(PipelineError, match=r"x\.json"):
        read_json(tmp_path / "x.json")
    with pytest.raises(PipelineError, match="dvc repro"):
        read_json(tmp_path / "absent.json")


def test_a_list_without_rows_is_no_empty_file(tmp_path):
    write_jsonl(tmp_path / "rows.jsonl", [])
    assert (tmp_path / "rows.jsonl").read_text() == "\n" and read_jsonl(tmp_path / "rows.jsonl") == []
    (tmp_path / "rows.jsonl").write_text('{"a":1}\n\n{"a":2}\n')
    assert read_jsonl(tmp_path / "rows.jsonl") == [{"a": 1}, {"a": 2}]
