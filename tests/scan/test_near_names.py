"""Names that are nearly those of files that are read, and those that only look so."""

import pytest

from pipeline.annotations.common.layout import layout_of
from pipeline.annotations.common.own_layout import OWN_VIDEOS
from pipeline.scan.near_names import near_names


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *[("querys.csv", "queries.csv"), ("Queries.CSV", "queries.csv"), ("quries.jsonl", "queries.jsonl")],
        *[("tset.jsonl", "test.jsonl"), ("split.json", "splits.json"), ("right_answer.jsonl", "right_answers.jsonl")],
    ],
)
def test_a_name_that_is_nearly_read(name, meant):
    assert list(near_names([], [name, "notes.txt", "v/queries.csv"], OWN_VIDEOS)) == [(name, meant)]


def test_a_copy_of_what_is_there_is_passed_over():
    copies = ["queries_old.jsonl", "queries2.csv", "queries.jsonl.bak", "split.json"]
    assert list(near_names(["queries.jsonl"], copies, OWN_VIDEOS)) == [("split.json", "splits.json")]


def test_files_of_another_data_set_are_no_misspelt_ones():
    assert list(near_names([], ["train.json", "val_1.json"], OWN_VIDEOS)) == []


def test_the_files_of_a_published_data_set_have_their_own_names():
    there, tvr = ["tvr_val_release.jsonl"], layout_of("tvr")
    assert list(near_names(there, ["tvr_train_relase.jsonl", "querys.csv"], tvr)) == [
        ("tvr_train_relase.jsonl", "tvr_train_release.jsonl")
    ]
