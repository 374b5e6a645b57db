"""The prepare stage: bytes that depend on content alone, and an error that says how to go on."""

import json
import os
import shutil
from pathlib import Path

import pytest
from helpers import prepared

from pipeline.core.errors import PipelineError

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"

OUTS = ("videos.jsonl", "queries.jsonl", "subtitles.jsonl", "pack.json", "prepare.json")
ROWS = [{"vid_name": f"v{k}", "desc": f"Number {k}.", "ts": [0, 1]} for k in range(5)]


class Backwards(list):
    """What `os.scandir` gives, which is asked to close."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def manifest(folder):
    return {name: (folder / "outputs" / "manifest" / name).read_bytes() for name in OUTS}


def test_the_manifest_depends_on_nothing_but_content(workspace, make_folder, monkeypatch, tmp_path):
    source = make_folder([f"v{k}" for k in range(5)], ROWS)
    folder = workspace()
    prepared.main()
    first = manifest(folder)
    numbers = json.loads(first["prepare.json"])
    assert (numbers["videos"], numbers["queries"], numbers["seconds"]) == (5, 5, 10.0)
    assert numbers["splits"] == {s: {"videos": n, "queries": n} for s, n in (("train", 3), ("val", 1), ("test", 1))}
    assert {json.loads(line)["path"] for line in first["videos.jsonl"].splitlines()} == {
        f"../source/videos/v{k}.mp4" for k in range(5)
    }

    assert {json.loads(line)["used_seconds"] for line in first["videos.jsonl"].splitlines()} == {2.0}

    prepared.main()
    assert manifest(folder) == first

    listed = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path=".": Backwards(reversed(list(listed(path)))))
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "another store"))
    monkeypatch.setenv("DVC_ROOT", str(folder))
    experiment = tmp_path / "temporary" / "experiment"
    experiment.mkdir(parents=True)
    (tmp_path / "temporary" / "source").symlink_to(source)
    shutil.copy(folder / "params.yaml", experiment)
    shutil.copytree(folder / "recipes", experiment / "recipes")
    monkeypatch.chdir(experiment)
    prepared.main()
    assert manifest(experiment) == first


def test_a_temporary_experiment_reads_the_main_checkout_or_refuses(workspace, make_folder, monkeypatch):
    folder = workspace(source="my_data")
    source = make_folder([f"v{k}" for k in range(5)], ROWS).rename(folder / "my_data")
    prepared.main()
    experiment = folder / ".dvc" / "tmp" / "exps" / "experiment"
    (experiment / "my_data").mkdir(parents=True)
    for tracked in ("params.yaml", "my_data/queries.jsonl"):
        shutil.copy(folder / tracked, experiment / tracked)
    shutil.copytree(folder / "recipes", experiment / "recipes")
    monkeypatch.setenv("DVC_ROOT", str(folder))
    monkeypatch.chdir(experiment)
    prepared.main()
    assert manifest(experiment) == manifest(folder)

    queries = (source / "queries.jsonl").read_bytes()
    (source / "queries.jsonl").write_bytes(queries.replace(b"Number 0", b"Number 9"))
    with pytest.raises(PipelineError, match="my_data/queries.jsonl: it is another version in the main checkout"):
        prepared.main()
    (source / "queries.jsonl").rename(source / "queries.txt")
    with pytest.raises(PipelineError, match="my_data/queries.jsonl: it is another version in the main checkout"):
        prepared.main()


def test_a_temporary_experiment_renders_the_sample_into_the_main_checkout(workspace, monkeypatch):
    folder = workspace(dataset="sample", source="sample")
    shutil.copytree(SAMPLE, folder / "sample")
    experiment = folder / ".dvc" / "tmp" / "exps" / "experiment"
    shutil.copytree(folder, experiment)
    monkeypatch.setenv("DVC_ROOT", str(folder))
    monkeypatch.chdir(experiment)
    prepared.main()
    videos = [json.loads(line) for line in manifest(experiment)["videos.jsonl"].splitlines()]
    assert len(videos) == 4 and all((folder / video["path"]).is_file() for video in videos)
    monkeypatch.chdir(folder)
    prepared.main()
    assert manifest(folder) == manifest(experiment)


def test_an_absolute_source_gives_absolute_paths(workspace, make_folder):
    source = make_folder([f"v{k}" for k in range(4)], ROWS[:4])
    folder = workspace(source=str(source))
    prepared.main()
    first = json.loads(manifest(folder)["videos.jsonl"].splitlines()[0])
    assert first["path"] == str(source / "videos" / "v0.mp4")


def test_too_much_refused_fails_with_both_ways_out(workspace, make_folder, capsys):
    make_folder(["v0", "v1", "v2", "v3"], [*ROWS, {"vid_name": "v5", "desc": "Five."}])
    folder = workspace()
    with pytest.raises(PipelineError) as caught:
        prepared.main()
    message = str(caught.value)
    assert "2 of 6 queries cannot be used" in message and message.count("unknown video") == 1
    assert "mend them" in message and "set max_failed_fraction to 0.334" in message
    assert "2 x query: unknown video 'v4'; " in message and ": queries.jsonl:5, queries.jsonl:6" in message
    assert "unknown video" not in capsys.readouterr().err  # every refusal is told once
    assert "outputs/manifest/prepare.json lists all" in message
    assert os.listdir(folder / "outputs" / "manifest") == ["prepare.json"]
    listed = json.loads((folder / "outputs" / "manifest" / "prepare.json").read_text())

    folder = workspace(max_failed_fraction=0.334)
    prepared.main()
    told = capsys.readouterr().err
    assert "Left out of" in told and told.count("unknown video") == 1 and "queries.jsonl:5, queries.jsonl:6" in told
    numbers = json.loads(manifest(folder)["prepare.json"])
    assert numbers == listed and (numbers["queries"], numbers["refused_counts"]["query"]) == (4, 2)
    assert [refused["where"] for refused in numbers["refused"]] == ["queries.jsonl:5", "queries.jsonl:6"]


def test_natural_mistakes_are_counted_and_a_corrected_copy_is_offered(workspace, make_folder, capsys):
    source = make_folder([f"v{k}" for k in range(4)], [{**ROWS[0], "vid_name": "V0.mp4", "ts": ["0", "1"]}, *ROWS[1:4]])
    folder = workspace()
    prepared.main()
    numbers = json.loads(manifest(folder)["prepare.json"])["read_as_meant"]
    assert numbers["names_by_extension_or_path"]["count"] == 0
    assert numbers["names_in_other_letters"] == numbers["times_as_text"] == {"count": 1, "of": 4}
    told = "Read as it is meant: 1 names in other letters, 1 times as text (`amdnet check` names them)"
    assert told in capsys.readouterr().err
    with (source / "queries.jsonl").open("a") as file:
        file.write('{"vid_name": "v3", "desc": "late", "ts": [500, 1500]}\n{"vid_name": "v9", "desc": "lost"}\n')
    with pytest.raises(
        PipelineError, match=r"amdnet check \S+ --write-queries FILE.jsonl` corrects 1 of them in a copy"
    ):
        prepared.main()


def test_the_share_of_videos_counts_for_itself(workspace, make_folder, capsys):
    source = make_folder([f"v{k}" for k in range(5)], ROWS * 10)
    (source / "videos" / "v3.mp4").write_bytes(b"")
    workspace(max_failed_fraction=0.19)
    with pytest.raises(PipelineError, match="1 of 5 videos cannot be used"):
        prepared.main()
    assert "and 0 more" not in capsys.readouterr().err
    folder = workspace(max_failed_fraction=0.2)
    prepared.main()
    numbers = json.loads(manifest(folder)["prepare.json"])
    assert numbers["refused_counts"]["query_of_refused_video"] == 10
    assert len(numbers["refused"]) == 11


@pytest.mark.parametrize(
    ("rows", "cause"), [([], "no query is left"), ([{"vid_name": "v0", "desc": "?"}], "1 of 1 queries cannot be used")]
)
def test_nothing_left(workspace, make_folder, rows, cause):
    make_folder(["v0"], rows)
    workspace()
    with pytest.raises(PipelineError, match=cause):
        prepared.main()


def named(*splits):
    return [{**row, "split": split} for row, split in zip(ROWS, splits, strict=False)]


SHORT = "the train split has 1 of the 2 videos with queries that training needs"
CHOOSES = "split, which chooses the best epoch, has no query"


@pytest.mark.parametrize(
    ("rows", "changes", "cause", "fix"),
    [
        (ROWS[:2], {}, SHORT, "add videos with queries, or change prepare.test_fraction (0.2) in params.yaml"),
        (
            ROWS[:3],
            {},
            SHORT,
            "add videos with queries, or change prepare.test_fraction (0.2) and prepare.val_fraction (0.2) in",
        ),
        (ROWS, {"val": 0.0}, f"the val {CHOOSES}", "or change prepare.val_fraction (0) in"),
        (ROWS, {"test": 0.0, "protocol": "published"}, f"the test {CHOOSES}", "or change prepare.test_fraction (0) in"),
        (named("train", "val", "test"), {}, SHORT, "put more videos with queries into it, by their `split` field"),
        (named("train", "train", "test"), {}, SHORT, "its file, or change prepare.val_fraction (0.2) in"),
        (named("train", "train", "val"), {"protocol": "published"}, f"the test {CHOOSES}", "`split` field or its file"),
    ],
)
def test_a_split_too_small_to_go_on_is_found_here(workspace, make_folder, rows, changes, cause, fix):
    make_folder([row["vid_name"] for row in rows], rows)
    fractions = {"val_fraction": changes.pop("val", 0.2), "test_fraction": changes.pop("test", 0.2)}
    others = {"split_seed": 0, "max_seconds": "auto", "subtitle_language": "auto", "video_ids": "name"}
    folder = workspace(prepare={**fractions, **others}, **changes)
    with pytest.raises(PipelineError) as caught:
        prepared.main()
    assert cause in str(caught.value) and fix in str(caught.value)
    assert os.listdir(folder / "outputs" / "manifest") == ["prepare.json"]


def test_without_a_test_split_validation_is_reported(workspace, make_folder):
    make_folder([f"v{k}" for k in range(3)], named("train", "train", "val"))
    folder = workspace()
    prepared.main()
    assert json.loads(manifest(folder)["prepare.json"])["splits"]["test"] == {"videos": 0, "queries": 0}


def test_a_published_data_set_without_its_training_file_says_so(workspace, make_folder):
    source = make_folder(["v0"], [])
    (source / "tvr_val_release.jsonl").write_text(json.dumps({**ROWS[0], "desc_id": 1}))
    workspace(dataset="tvr")
    with pytest.raises(PipelineError, match="train split has 0 of the 2 .*\n.*add tvr_train_release.jsonl$"):
        prepared.main()


def test_a_source_that_is_not_there(workspace):
    workspace(source="../nowhere")
    with pytest.raises(PipelineError, match="nowhere: no such folder"):
        prepared.main()


def test_the_protocol_is_recorded(workspace, make_folder):
    make_folder([f"v{k}" for k in range(5)], ROWS)
    folder = workspace(protocol="published")
    prepared.main()
    numbers = json.loads(manifest(folder)["prepare.json"])
    assert numbers["protocol"] == "published" and numbers["splits"]["val"] == {"videos": 0, "queries": 0}


def test_columns_that_are_not_read_are_said(workspace, make_folder, capsys):
    source = make_folder([f"v{k}" for k in range(5)], [])
    (source / "queries.jsonl").unlink()
    rows = [f"v{k};Number {k}.;0;1" for k in range(5)]
    (source / "queries.csv").write_text("\n".join(["vid_name;desc;Start (s);End (s)", *rows]))
    folder = workspace()
    prepared.main()
    assert "Columns of queries.csv that are not read: start_(s), end_(s)" in capsys.readouterr().err
    columns = {"queries.csv": ["start_(s)", "end_(s)"]}
    assert json.loads(manifest(folder)["prepare.json"])["unread_columns"] == columns


def test_what_is_lost_of_subtitles_is_said_last_and_written(workspace, make_folder, capsys):
    source = make_folder([f"v{k}" for k in range(5)], ROWS)
    cue = "1\n00:00:0{0},000 --> 00:00:09,000\nhello {0}\n\n"
    (source / "v0.en.srt").write_text(cue.format(0) + cue.format(8) + cue.format("x"))
    (source / "v1.srt").write_text("no cue")
    folder = workspace()
    prepared.main()
    counts = json.loads(manifest(folder)["prepare.json"])["subtitle_counts"]
    expected = {"files": 2, "files_not_read": 1, "cues": 3, "cues_refused": 1, "sentences_after_end": 1}
    assert {name: counts[name] for name in expected} == expected
    assert capsys.readouterr().out.splitlines()[-1] == (
        "left out or cut: 1 of 2 subtitle files not read (50 %), 1 of 3 subtitle cues refused (33.3 %), "
        "1 of 2 subtitle sentences after the video's end (50 %)"
    )


def test_the_real_sample(workspace, real_data):
    folder = workspace(source=str(real_data / "sample_videos"))
    prepared.main()
    numbers = json.loads(manifest(folder)["prepare.json"])
    assert (
        numbers["videos"],
        numbers["queries"],
        numbers["subtitles"],
        numbers["dropped"]["spans_clipped"]["count"],
    ) == (12, 41, 2, 2)
    assert numbers["refused"] == []
