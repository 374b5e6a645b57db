"""right_answers.jsonl: what is kept of it, what is refused by line, and that it is read for every data set."""

import json
from pathlib import PurePath

import pytest
from helpers import prepared

from pipeline.annotations.common.layout import layout_of
from pipeline.core.manifest import read_queries
from pipeline.core.plugins import names
from pipeline.scan.kinds import kind_of

SPLITS = {"a": "train", "b": "train", "c": "val", "d": "test", "e": "test"}
ROWS = [{"vid_name": video, "desc": "A ball.", "desc_id": f"of {video}", "split": SPLITS[video]} for video in SPLITS]


def write(source, rows):
    (source / "right_answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def prepare(workspace, make_folder):
    """prepare(rows of right_answers.jsonl) -> prepare.json, and the other right videos by query id."""
    source, folder = make_folder(list(SPLITS), ROWS), workspace()

    def run(rows):
        write(source, rows)
        prepared.main()
        queries = read_queries(folder / "outputs" / "manifest" / "queries.jsonl")
        numbers = json.loads((folder / "outputs" / "manifest" / "prepare.json").read_text())
        return numbers, {query.query_id: query.also for query in queries}

    return run


def test_other_videos_of_the_corpus_are_kept_without_the_querys_own(prepare):
    numbers, also = prepare(
        [
            {"query_id": "of d", "gt_video_ids": ["e", "d", "e", "a"]},
            {"query_id": "of a", "gt_video_ids": ["a"]},
            {"query_id": "of b", "gt_video_ids": ["a"]},
        ]
    )
    assert also == {"of a": (), "of b": ("a",), "of c": (), "of d": ("e",), "of e": ()}
    assert numbers["right_answers"] == {"queries": 2, "videos": 2, "outside_corpus": 1, "refused": 0}


def test_a_line_that_cannot_be_used_is_named_and_the_good_go_on(prepare, capsys):
    numbers, also = prepare(
        [
            {"query_id": "of x", "gt_video_ids": ["a"]},
            {"query_id": "of d", "gt_video_ids": ["e", "zebra"]},
            {"query_id": "of d", "gt_video_ids": ["e"]},
            {"query_id": "of e", "gt_video_ids": "d"},
            {"gt_video_ids": ["d"]},
        ]
    )
    refused = sorted((one["where"], one["cause"]) for one in numbers["refused"])
    assert refused[0][1].startswith("unknown query 'of x'; known are 'of ")
    assert refused[1][1].startswith("unknown video 'zebra'; known are ")
    assert [cause for _, cause in refused[2:]] == [
        "the query id is used twice, first at right_answers.jsonl:2",
        "`gt_video_ids` is not a list of video ids",
        "`query_id` is missing or empty",
    ]
    assert [where for where, _ in refused] == [f"right_answers.jsonl:{line}" for line in range(1, 6)]
    assert numbers["right_answers"]["refused"] == 5 and not any(also.values())
    assert "right answer: `gt_video_ids` is not a list of video ids: right_answers.jsonl:4" in capsys.readouterr().err
    assert numbers["queries"] == 5 and numbers["refused_counts"]["query"] == 0


def test_a_changed_file_is_seen_by_scan(prepare):
    assert prepare([{"query_id": "of d", "gt_video_ids": ["e"]}])[1]["of d"] == ("e",)
    assert prepare([{"query_id": "of e", "gt_video_ids": ["d"]}])[1] == {
        **dict.fromkeys(("of a", "of b", "of c", "of d"), ()),
        "of e": ("d",),
    }


@pytest.mark.parametrize("dataset", names("annotations", "reader"))
def test_every_data_set_has_it_directly_below_its_source(dataset):
    layout = layout_of(dataset)
    assert kind_of(PurePath("right_answers.jsonl"), layout, PurePath("videos")) == "annotation"
    assert kind_of(PurePath("old/right_answers.jsonl"), layout, PurePath("videos")) == "other"


def test_without_the_file_nothing_is_said_of_it(make_folder, workspace):
    make_folder(list(SPLITS), ROWS)
    folder = workspace()
    prepared.main()
    assert "right_answers" not in json.loads((folder / "outputs" / "manifest" / "prepare.json").read_text())
    assert "also" not in (folder / "outputs" / "manifest" / "queries.jsonl").read_text()
