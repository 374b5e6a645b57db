"""A folder before any stage: what is in it, and all that is wrong with files, queries and subtitles."""

import json
import os
from dataclasses import replace

import pytest

from pipeline.core.errors import PipelineError
from pipeline.scan import check as checking
from pipeline.scan.check import Problem, check


@pytest.fixture
def folder(workspace, tmp_path, two_seconds):
    """A folder of two videos with a query each."""
    workspace()
    folder = tmp_path / "mine"
    (folder / "videos").mkdir(parents=True)
    for name in ("a.mp4", "b.mp4"):
        (folder / "videos" / name).write_bytes(two_seconds.read_bytes())
    write_queries(folder, {"vid_name": "a", "desc": "grey", "ts": [0, 1]}, {"vid_name": "b", "desc": "white"})
    return folder


def write_queries(folder, *rows):
    (folder / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_a_good_folder_has_no_problem(folder):
    found = check(folder, "folder")
    assert found.problems == [] and len(found.assembled.queries) == 2
    assert [one.name for one in found.of("video")] == ["videos/a.mp4", "videos/b.mp4"]


def test_files_queries_and_subtitles_are_all_named(folder):
    os.mkfifo(folder / "videos" / "pipe.mp4")
    (folder / "videos" / "a.mkv").write_bytes((folder / "videos" / "a.mp4").read_bytes())
    (folder / "videos" / os.fsdecode(b"caf\xe9.mp4")).touch()
    (folder / "lost.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n")
    write_queries(
        folder, {"vid_name": "b", "desc": "late", "ts": [5, 9]}, {"vid_name": "bb", "desc": "lost"}, {"vid_name": "b"},
        {"vid_name": "pipe", "desc": "of a pipe"}, {"vid_name": "b", "desc": "good"},
    )  # fmt: skip
    found = check(folder, "folder")
    problems = {one.where: one.cause for one in found.problems}
    assert [query.text for query in found.assembled.queries] == ["good"] and len(found.assembled.with_video) == 1
    assert problems.pop("videos/pipe.mp4") == "not a regular file"
    assert "not valid UTF-8" in problems.pop("videos/caf\\xe9.mp4")
    assert "beyond the video's end (2 s)" in problems.pop("queries.jsonl:1")
    assert "unknown video 'bb'" in problems.pop("queries.jsonl:2")
    assert "`desc` is missing" in problems.pop("queries.jsonl:3")
    assert "no video of this name" in problems.pop("lost.srt")
    assert list(problems) == ["videos/a.mkv and videos/a.mp4"]


def test_a_query_of_a_video_without_a_length_is_not_refused(folder, monkeypatch):
    glances = [replace(one, seconds=None) for one in check(folder, "folder").glances]
    monkeypatch.setattr(checking, "glance_at", lambda *_: glances)
    write_queries(folder, {"vid_name": "a", "desc": "late", "ts": [5, 9]}, {"vid_name": "b", "desc": "white"})
    assert check(folder, "folder").problems == []


@pytest.mark.parametrize(
    ("spoil", "where", "cause"),
    [
        (
            lambda folder: (folder / "train.jsonl").write_text("{}"),
            "",
            "both queries.jsonl and train.jsonl hold queries",
        ),
        (lambda folder: (folder / "splits.json").write_text("["), "splits.json", "not valid JSON"),
    ],
)
def test_what_stops_the_reader_is_a_problem_beside_the_others(folder, spoil, where, cause):
    spoil(folder)
    (folder / "videos" / "empty.mp4").touch()
    found = check(folder, "folder")
    assert found.assembled is None and found.problems[0] == Problem("videos/empty.mp4", "the file is empty")
    assert where in found.problems[1].where and cause in found.problems[1].cause


def test_no_queries_are_no_problem(folder):
    (folder / "queries.jsonl").unlink()
    found = check(folder, "folder")
    assert found.problems == [] and found.no_queries == "no queries.jsonl, queries.csv or train.jsonl"


def test_queries_under_nearly_their_name_are_a_problem(folder):
    (folder / "queries.jsonl").rename(folder / "querys.jsonl")
    assert check(folder, "folder").problems == [
        Problem("querys.jsonl", "the file is not read; did you mean queries.jsonl?")
    ]


def test_an_annotation_that_cannot_be_read_is_not_waited_for(folder):
    (folder / "queries.jsonl").unlink()
    os.mkfifo(folder / "queries.jsonl")
    found = check(folder, "folder")
    assert found.problems == [Problem("queries.jsonl", "not a regular file")] and found.assembled is None


@pytest.mark.parametrize(
    ("path", "cause", "fix"),
    [
        ("nowhere", "no such folder", "correct the path that the command was given"),
        ("mien", "no such folder", "did you mean {mine}? Else correct the path that the command was given"),
        ("mine/queries.jsonl", "this is no folder", "correct the path that the command was given"),
    ],
)
def test_no_folder_is_an_error(folder, path, cause, fix):
    with pytest.raises(PipelineError, match=cause) as caught:
        check(folder.parent / path, "folder")
    assert caught.value.fix == fix.format(mine=folder)
