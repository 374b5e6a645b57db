"""`amdnet check FOLDER`: what it prints, and its exit statuses."""

import json
import os

import pytest
from helpers.videos import grey_frames, write_video


@pytest.fixture
def folder(tmp_path):
    write_video(tmp_path / "mine" / "videos" / "a.mp4", grey_frames(20), fps=10)
    (tmp_path / "mine" / "queries.jsonl").write_text(json.dumps({"vid_name": "a", "desc": "it becomes brighter"}))
    return tmp_path / "mine"


def test_a_good_folder(amdnet, folder):
    done = amdnet("check", folder)
    assert done.exit_code == 0 and done.stdout.splitlines()[1].startswith("  videos       1: 0 min 02 s")
    assert "queries      1 of 1 videos" in done.stdout and "slowfast     2 clips" in done.stdout
    assert done.stdout.endswith("No problem was found.\n") and "Note" not in done.stdout


def test_a_folder_with_problems(amdnet, folder):
    os.mkfifo(folder / "videos" / "pipe.mp4")
    (folder / "videos" / "gone.mp4").symlink_to("nowhere")
    done = amdnet("check", folder)
    assert done.exit_code == 3 and "Problems: 2\n" in done.stdout
    assert "1 x not a regular file: videos/pipe.mp4" in done.stdout
    assert "1 x cannot be read: No such file or directory: videos/gone.mp4" in done.stdout


def test_annotations_of_another_data_set_are_told(amdnet, folder):
    row = {"vid_name": "a", "desc": "it", "desc_id": 1, "ts": [0, 1], "duration": 2.0, "type": "v"}
    (folder / "queries.jsonl").unlink()
    (folder / "tvr_val_release.jsonl").write_text(json.dumps(row))
    done = amdnet("check", folder)
    assert done.exit_code == 0 and "queries      none (no queries.jsonl" in done.stdout
    assert "Note: the format of tvr_val_release.jsonl" in done.stdout and "`dataset: tvr`" in done.stdout


def test_an_unknown_data_set_is_an_error(amdnet, folder):
    done = amdnet("check", folder, "--dataset", "foldr")
    assert done.exit_code == 1 and "ERROR: --dataset: " in done.stderr and "did you mean `folder`" in done.stderr


def test_a_corrected_copy_lists_what_was_changed(amdnet, folder, tmp_path):
    queries = folder / "queries.jsonl"
    queries.write_text(
        '{"vid_name": "A.mp4", "desc": "it", "ts": [500, 1500]}\n{"vid_name": "a", "desc": "it"}\nno row\n'
    )
    before, command = queries.read_bytes(), f"amdnet check {folder} --write-queries FILE.jsonl"
    done = amdnet("check", folder)
    assert done.exit_code == 3 and command in done.stdout and "queries.jsonl:1 vid_name A.mp4 -> a" in done.stdout
    done = amdnet("check", folder, "--write-queries", tmp_path / "copy.jsonl")
    written = done.stdout.partition("copy.jsonl: ")[2].splitlines()
    assert (
        done.exit_code == 3 and written[0] == "written, 2 queries, 1 of them changed; check it again before you use it"
    )
    assert written[1:3] == ["  queries.jsonl:1 vid_name A.mp4 -> a", "  queries.jsonl:1 ts 500.0 - 1500.0 -> 0.5 - 1.5"]
    assert written[3].startswith("  queries.jsonl:3 is not in it: not valid JSON") and len(written) == 4
    assert queries.read_bytes() == before
    queries.write_bytes((tmp_path / "copy.jsonl").read_bytes())
    assert amdnet("check", folder).stdout.endswith("No problem was found.\n")


def test_no_copy_where_no_queries_were_read(amdnet, folder, tmp_path):
    (folder / "queries.jsonl").unlink()
    done = amdnet("check", folder, "--write-queries", tmp_path / "copy.jsonl")
    assert done.exit_code == 1 and "no copy was written" in done.stderr and not (tmp_path / "copy.jsonl").exists()
