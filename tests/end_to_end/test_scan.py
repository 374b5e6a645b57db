"""What DVC hashes is what the project reads: through the real `dvc`, to the manifest, and of a pack to the model."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers.packs import write_hdf5
from helpers.project import Project, ran
from helpers.videos import grey_frames, write_video

PREPARE_JSON = "outputs/manifest/prepare.json"


def write_source(folder: Path) -> Path:
    """Five videos with a query each."""
    for k in range(5):
        write_video(folder / "videos" / f"v{k}.mp4", grey_frames(10 + k), fps=10)
    rows = ({"vid_name": f"v{k}", "desc": f"Number {k}."} for k in range(5))
    (folder / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Its source lies in the checkout, is ignored by git, and links to the folder of its videos."""
    project = Project(
        tmp_path_factory.mktemp("project"),
        {"dataset": "folder", "source": "data/mine", "max_failed_fraction": 0.5},
    )
    source = write_source(project.path("data/mine"))
    (source / "videos").rename(tmp_path_factory.mktemp("elsewhere") / "videos")
    (source / "videos").symlink_to(tmp_path_factory.getbasetemp() / "elsewhere0" / "videos")
    assert ran(project.dvc("repro", "prepare")) == ["prepare"]
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "prepared")
    return project


def numbers(project):
    return json.loads(project.path(PREPARE_JSON).read_text())


def test_a_video_that_changes_behind_a_link_is_seen_and_one_that_does_not_is_not(project):
    assert ran(project.dvc("repro", "prepare")) == []
    seconds = numbers(project)["seconds"]
    write_video(project.path("data/mine/videos/v0.mp4"), grey_frames(20), fps=10)
    assert ran(project.dvc("repro", "prepare")) == ["prepare"]
    assert numbers(project)["seconds"] == pytest.approx(seconds + 1, abs=0.01)
    assert ran(project.dvc("repro", "prepare")) == []


def test_files_that_stop_or_hang_whoever_opens_them_are_named(project):
    videos = project.path("data/mine/videos")
    made = [videos / "gone.mp4", videos / "zero.mp4", videos / "pipe.mp4", videos / os.fsdecode(b"caf\xe9.mp4")]
    made[0].symlink_to(videos / "nothing.mp4")
    made[1].symlink_to("/dev/zero")
    os.mkfifo(made[2])
    shutil.copyfile(videos / "v1.mp4", made[3])
    try:
        output = project.dvc("repro", "prepare")
        refused = {one["where"]: one["cause"] for one in numbers(project)["refused"]}
        assert refused.pop("videos/gone.mp4") == "cannot be read: No such file or directory"
        assert refused.pop("videos/zero.mp4") == refused.pop("videos/pipe.mp4") == "not a regular file"
        [(where, _)] = refused.items()
        assert where.startswith("videos/caf") and where in output
    finally:
        for path in made:
            path.unlink()
    assert ran(project.dvc("repro", "prepare")) == []


def test_a_temporary_experiment_reads_what_git_ignores_in_the_main_checkout(project):
    output = project.dvc("exp", "run", "--temp", "--name", "elsewhere", "-S", "prepare.split_seed=3", "prepare")
    assert ran(output) == ["prepare"] and "data/mine: 1 annotation, 5 video" in output


def test_any_folder_name_can_be_given_in_quotes(project, tmp_path):
    source = shutil.copytree(project.path("data/mine"), tmp_path / "Ünïcode, {my} = 'own' [videos]", symlinks=False)
    quoted = str(source).replace("\\", "\\\\").replace("'", "\\'")
    output = project.dvc("exp", "run", "--temp", "--name", "quoted", "-S", f"source='{quoted}'", "prepare")
    assert ran(output) == ["prepare"] and f"{source}: 1 annotation, 5 video" in output


def test_wrong_names_and_keys_are_found_first_though_nothing_is_stale(project):
    before = project.path(PREPARE_JSON).read_bytes()
    for wrong, right, cause in (
        ({"dataset": "foldr"}, {"dataset": "folder"}, "did you mean `folder`?"),
        ({"model": "amdnett"}, {"model": "amdnet"}, "did you mean `amdnet`?"),
    ):
        project.change(wrong)
        output = project.dvc("repro", fails=True)
        assert cause in output and "failed to reproduce 'scan'" in output and "Traceback" not in output
        project.change(right)
    text = project.path("params.yaml").read_text()
    project.path("params.yaml").write_text(text + "reprot: {}\n")
    assert "did you mean `report`?" in project.dvc("repro", "prepare", fails=True)
    older = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("recipe:"))
    project.path("params.yaml").write_text(older + "recipes: {amdnet: {folder: {hidden: 8}}}\n")
    assert "stand in recipes/<model>.yaml now" in project.dvc("repro", fails=True)
    project.path("params.yaml").write_text(text)
    assert project.path(PREPARE_JSON).read_bytes() == before
    assert ran(project.dvc("repro", "prepare")) == []


def test_data_can_be_tracked_by_dvc(project):
    shutil.copytree(project.path("data/mine"), project.path("data/tracked"))
    project.dvc("add", "data/tracked")
    assert project.git("status", "--porcelain", "data") == "?? data/tracked.dvc\n"


def write_pack(folder: Path) -> Path:
    """A feature pack of eight videos with two queries each, whose spans are known."""
    features, texts = folder / "tiny" / "FeatureData", folder / "tiny" / "TextData"
    features.mkdir(parents=True)
    texts.mkdir()
    draw = np.random.default_rng(0)
    splits = {"train": range(4), "val": range(4, 6), "test": range(6, 8)}
    queries = {split: [f"v{k}#enc#{n}" for k in ids for n in range(2)] for split, ids in splits.items()}
    write_hdf5(features / "clip.hdf5", {f"v{k}": draw.normal(size=(5, 8)).astype("f4") for k in range(8)})
    every = [query for of_split in queries.values() for query in of_split]
    write_hdf5(texts / "roberta_tiny.hdf5", {query: draw.normal(size=(4, 8)).astype("f4") for query in every})
    for split, of_split in queries.items():
        (texts / f"tiny{split}.caption.txt").write_text("".join(f"{query} Something moves.\n" for query in of_split))
        spans = ({"desc_id": query, "ts": [0.0, 4.5], "duration": 7.5} for query in of_split)
        (texts / f"tiny{split}.moments.jsonl").write_text("".join(json.dumps(span) + "\n" for span in spans))
    return folder


def test_a_clone_goes_on_from_pulled_outputs_where_the_data_are_not(tmp_path):
    source = write_pack(tmp_path / "data")
    (tmp_path / "project").mkdir()
    changes = {"dataset": "pack", "model": "cca", "localizer": "prem", "source": str(source)}
    project = Project(tmp_path / "project", changes, {"dimensions": 4, "hidden": 16, "inner": 16, "epochs": 2})
    assert {"train", "localize", "evaluate", "report"} <= set(project.repro())
    assert json.loads(project.path("outputs/localizer/training.json").read_text())["train_queries"] == 8
    project.dvc("remote", "add", "--default", "storage", str(tmp_path / "remote"))
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "finished")
    project.dvc("push")
    source.rename(tmp_path / "unplugged")

    clone = project.clone(tmp_path / "clone")
    assert "no such folder" in clone.dvc("repro", "train", fails=True)
    clone.dvc("pull")
    files = (path for path in sorted(clone.path("outputs").rglob("*")) if path.is_file() and path.suffix != ".log")
    outputs = {path: path.read_bytes() for path in files}
    output = clone.dvc("repro", "train")
    assert ran(output) == [] and f"{source} does not exist" in output
    assert {path: path.read_bytes() for path in outputs} == outputs
    assert clone.git("status", "--porcelain") == ""
    clone.change_recipe("cca", {"ridge": 0.7})
    assert ran(clone.dvc("repro", "train")) == ["train"]
    output = clone.dvc(
        "exp", "run", "--temp", "--name", "elsewhere", "-S", "recipes/cca.yaml:default.ridge=0.9", "train"
    )
    assert ran(output) == ["train"]

    few = project.clone(tmp_path / "few")
    few.dvc("pull", "scan")
    few.change_recipe("cca", {"ridge": 0.8})
    assert ran(few.dvc("repro", "--pull", "--allow-missing", "train")) == ["train"]
    assert not few.path("outputs/features/query.json").exists()

    clone.change({"pack": {"row_seconds": 2.0}})
    output = clone.dvc("repro", "train", fails=True)
    assert "failed to reproduce 'prepare'" in output and f"{source}: no such folder" in output
    clone.dvc("checkout")
    clone.change({"pack": {"row_seconds": 1.5}})
    assert ran(clone.dvc("repro", "train")) == []
