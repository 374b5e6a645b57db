"""The corrected copy of queries: what is changed and what stays, in both formats, and that no file is replaced."""

import csv
import json

import pytest

from pipeline.annotations.common.corrected import write_copy
from pipeline.core.errors import PipelineError

ROWS = [
    {"vid_name": "Beach.mp4", "desc": "A ball.", "ts": ["0:00", "0:01"], "note": "kept"},
    {"vid_name": "baech", "desc": "Two balls.", "ts": [500, 1500], "desc_id": 7.0},
    {"vid_name": "beach", "desc": "Three balls.", "split": float("nan"), "ts": [float("nan"), ""]},
    {"vid_name": "nowhere_near", "desc": "Four balls."},
    {"vid_name": "beach", "desc": "Five balls.", "ts": [500, 1500]},
]
CORRECT = [
    {"vid_name": "beach", "desc": "A ball.", "ts": [0.0, 1.0], "note": "kept"},
    {"vid_name": "beach", "desc": "Two balls.", "ts": [500, 1500], "desc_id": 7},
    {"vid_name": "beach", "desc": "Three balls."},
    {"vid_name": "nowhere_near", "desc": "Four balls."},
    {"vid_name": "beach", "desc": "Five balls.", "ts": [0.5, 1.5]},
]


def test_json_lines(make_folder, read_noting, tmp_path):
    source = make_folder(["beach", "other"], ROWS)
    before = (source / "queries.jsonl").read_bytes()
    copied = write_copy(read_noting(source)[0], tmp_path / "copy.jsonl")
    assert [json.loads(line) for line in (tmp_path / "copy.jsonl").read_text().splitlines()] == CORRECT
    assert (source / "queries.jsonl").read_bytes() == before
    assert copied.rows == 5 and {one.where for one in copied.changed} == {f"queries.jsonl:{line}" for line in (1, 2, 5)}


def test_a_copy_of_the_copy_needs_no_correction_but_those_it_brought_to_light(make_folder, read_noting, tmp_path):
    write_copy(read_noting(make_folder(["beach", "other"], ROWS))[0], tmp_path / "copy.jsonl")
    again = make_folder(["beach", "other"], (tmp_path / "copy.jsonl").read_bytes(), name="again")
    write_copy(read_noting(again)[0], tmp_path / "second.jsonl")
    third = make_folder(["beach", "other"], (tmp_path / "second.jsonl").read_bytes(), name="third")
    annotations, assembled = read_noting(third)
    assert annotations.corrections == [] and len(assembled.queries) == 4


def test_a_table_in_an_older_encoding(make_folder, read_noting, tmp_path):
    source = make_folder(["café", "other"], [])
    (source / "queries.jsonl").unlink()
    table = 'Vid Name;desc;start;end;note\nCafé;Un café;0:00,5;1;\ncafé;"d\'été; ou";500;1500;ça\nother;plain;;;\n'
    (source / "queries.csv").write_bytes(table.encode("cp1252"))
    copied = write_copy(read_noting(source)[0], tmp_path / "copy.csv")
    raw = (tmp_path / "copy.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and copied.left_out == []
    assert list(csv.reader(raw.decode("utf-8-sig").splitlines())) == [
        ["vid_name", "desc", "start", "end", "note"],
        ["Café", "Un café", "0:00,5", "1.0", ""],
        ["café", "d'été; ou", "500.0", "1500.0", "ça"],
        ["other", "plain", "", "", ""],
    ]


CLOCK_TIMES = [("0:00", "0:01"), ("0:00.5", "0:02"), (500, 1000), (1000, 2000), ("1:30:00", "1:31:00"), (0, 1)]
IN_SECONDS = [[0.0, 1.0], [0.5, 2.0], [0.5, 1.0], [1.0, 2.0], ["1:30:00", "1:31:00"], [0.0, 0.001]]


@pytest.mark.parametrize("name", ["queries.csv", "queries.jsonl"])
def test_times_that_say_their_unit_are_not_divided_in_any_copy(make_folder, read_noting, tmp_path, name):
    source = make_folder(["a"], [{"vid_name": "a", "desc": "A ball.", "ts": span} for span in CLOCK_TIMES])
    if name == "queries.csv":
        (source / "queries.jsonl").unlink()
        lines = ["vid_name,desc,start,end", *(f"a,A ball.,{start},{end}" for start, end in CLOCK_TIMES)]
        (source / name).write_text("\n".join(lines))
    for copy in ("first", "second"):
        annotations, assembled = read_noting(source)
        write_copy(annotations, tmp_path / f"{copy}.jsonl")
        rows = [json.loads(line) for line in (tmp_path / f"{copy}.jsonl").read_text().splitlines()]
        assert [row.get("ts") or [row["start"], row["end"]] for row in rows] == IN_SECONDS
        (late,) = [one.cause for one in assembled.refused if "5400" in one.cause]
        assert "milliseconds" not in late
        source = make_folder(["a"], (tmp_path / f"{copy}.jsonl").read_bytes(), name=copy)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_a_time_with_frames_is_named_and_stays_as_it_is(make_folder, read_noting, tmp_path, suffix):
    source = make_folder(["a"], [{"vid_name": "A", "desc": "A ball.", "ts": ["00:00:01:10", "2"]}])
    if suffix == ".csv":
        (source / "queries.jsonl").unlink()
        (source / "queries.csv").write_text("vid_name,desc,start,end\nA,A ball.,00:00:01:10,2\n")
    annotations, assembled = read_noting(source)
    (refused,) = assembled.refused
    assert "'00:00:01:10' counts frames" in refused.cause and refused.id == "a#0"
    copied = write_copy(annotations, tmp_path / f"copy{suffix}")
    assert copied.rows == 1 and copied.left_out == [] and "00:00:01:10" in (tmp_path / f"copy{suffix}").read_text()
    assert [one.meant for one in copied.changed] == ["a"]


def test_files_of_splits_become_one(make_folder, read_noting, tmp_path):
    source = make_folder(["a", "b"], [])
    (source / "queries.jsonl").rename(source / "test.jsonl")
    (source / "train.jsonl").write_text('{"vid_name": "A", "desc": "A ball."}\nno row\n')
    (source / "test.jsonl").write_text('{"vid_name": "b", "desc": "A ball."}\n')
    copied = write_copy(read_noting(source)[0], tmp_path / "copy.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "copy.jsonl").read_text().splitlines()]
    assert [(row["vid_name"], row["split"]) for row in rows] == [("a", "train"), ("b", "test")]
    assert [one.where for one in copied.left_out] == ["train.jsonl:2"]


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("source/queries.jsonl", "this is there already"),
        ("link.jsonl", "this is there already"),
        ("source/queries.csv", "two files of queries"),
        ("copy.xlsx", "JSON lines or CSV"),
    ],
)
def test_no_file_is_replaced(make_folder, read_noting, tmp_path, name, cause):
    annotations, _ = read_noting(make_folder(["a"], [{"vid_name": "A", "desc": "A ball."}]))
    (tmp_path / "link.jsonl").symlink_to("nowhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(PipelineError, match=cause):
        write_copy(annotations, tmp_path / name)
    assert sorted(tmp_path.rglob("*")) == before
