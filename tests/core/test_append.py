"""A line that is added to a file: behind what is there, whole or not at all, and never through a link."""

import multiprocessing
import os

import pytest

from pipeline.core import append
from pipeline.core.append import append_line
from pipeline.core.errors import PipelineError


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, "é\n"), ("", "é\n"), ("one\n", "one\né\n"), ("one", "one\né\n"), ("\ufeffone\r\n", "\ufeffone\r\né\n")],
)
def test_the_line_stands_behind_what_is_there(tmp_path, before, after):
    path = tmp_path / "a.jsonl"
    if before is not None:
        path.write_bytes(before.encode())
    append_line(path, "é")
    assert path.read_bytes() == after.encode()


def _add(path, name):
    for number in range(50):
        append_line(path, f"{name} {number} {'x' * 500}")


def test_lines_of_several_writers_stay_whole(tmp_path):
    path = tmp_path / "a.jsonl"
    writers = [multiprocessing.get_context("fork").Process(target=_add, args=(path, name)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    lines = path.read_text().splitlines()
    assert sorted(lines) == sorted(f"{name} {number} {'x' * 500}" for name in "abc" for number in range(50))


def _a_link(path):
    path.with_name("elsewhere").write_text("one\n")
    path.symlink_to("elsewhere")


def _a_second_name(path):
    path.write_text("one\n")
    os.link(path, path.with_name("elsewhere"))


def _protected(path):
    path.write_text("one\n")
    path.chmod(0o444)


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (_a_link, "it is a link"),
        (_a_second_name, "has other names"),
        (_protected, "protected from writing"),
        (lambda path: path.mkdir(), "or no file"),
        (lambda path: path.write_bytes("one\n".encode("utf-16")), "UTF-16, not UTF-8"),
    ],
)
def test_what_is_not_written_to(tmp_path, make, cause):
    path = tmp_path / "a.jsonl"
    make(path)
    before = {one: one.read_bytes() for one in tmp_path.iterdir() if one.is_file()}
    with pytest.raises(PipelineError, match=cause):
        append_line(path, "two")
    assert {one: one.read_bytes() for one in tmp_path.iterdir() if one.is_file()} == before


@pytest.mark.parametrize("fails", ["write", "fsync"])
def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch, fails):
    path, write = tmp_path / "a.jsonl", os.write
    path.write_text("one\n")
    monkeypatch.setattr(append.os, "write", lambda descriptor, line: write(descriptor, line[:3]))
    if fails == "fsync":

        def full(_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(append.os, "write", write)
        monkeypatch.setattr(append.os, "fsync", full)
    with pytest.raises(PipelineError, match="the line was not written"):
        append_line(path, "two")
    assert path.read_text() == "one\n"
