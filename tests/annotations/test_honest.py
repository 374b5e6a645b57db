"""What is reported is apart from what is chosen and learned, or the stage says that it is not."""

import json
import shutil

import pytest
from helpers import prepared

ROWS = [{"vid_name": f"v{k}", "desc": f"Number {k}.", "ts": [0, 1]} for k in range(5)]


def numbers_of(folder):
    return json.loads((folder / "outputs/manifest/prepare.json").read_text())


def named(*splits):
    return [{**row, "split": split} for row, split in zip(ROWS, splits, strict=False)]


def test_a_val_split_that_shares_videos_with_test_is_not_used(workspace, make_folder, capsys):
    rows = [*named("train", "train", "train", "val", "test"), {**ROWS[4], "split": "val"}]
    make_folder([f"v{k}" for k in range(5)], rows)
    folder = workspace()
    prepared.main()
    numbers = numbers_of(folder)
    cause = "1 of the 2 videos of the named val split are in test too"
    assert numbers["val_held_out_of_train"] == cause
    assert {split: size["queries"] for split, size in numbers["splits"].items()} == {"train": 2, "val": 1, "test": 1}
    assert numbers["dropped"]["queries_of_unused_val"] == {"count": 2, "of": 6} and numbers["refused"] == []
    output = capsys.readouterr()
    assert f"The val split is not used: {cause}." in output.err
    assert "left out or cut: 2 of 6 queries left out with the val split (33.3 %)" in output.out
    workspace(protocol="published")
    prepared.main()
    numbers = numbers_of(folder)
    assert numbers["val_held_out_of_train"] is None and numbers["splits"]["val"]["queries"] == 2


@pytest.mark.parametrize(
    ("rows", "why"), [(ROWS, "no split is named"), (named(*["train"] * 4, "test"), "no val split")]
)
def test_why_validation_is_held_out_is_said(workspace, make_folder, rows, why):
    make_folder([f"v{k}" for k in range(5)], rows)
    folder = workspace()
    prepared.main()
    assert numbers_of(folder)["val_held_out_of_train"].startswith(why)


def test_the_same_file_in_train_and_in_test_is_a_leak_that_is_said(workspace, make_folder, capsys):
    source = make_folder([f"v{k}" for k in range(5)], named("train", "train", "train", "val", "test"))
    shutil.copyfile(source / "videos" / "v1.mp4", source / "videos" / "v4.mp4")
    folder = workspace()
    prepared.main()
    assert numbers_of(folder)["leaks"] == {
        "test_videos": 1, "of": 1, "groups": [{"train": ["v1"], "test": ["v4"]}],
    }  # fmt: skip
    errors = capsys.readouterr().err
    assert "A leak: 1 contents lie in more than one split; 1 of 1 test videos are seen in train or val" in errors
    assert "one is in train as v1 and in test as v4" in errors
