"""What docs/adding-a-*.md walk through: it runs, changes no other code, and makes nothing stale that is finished."""

import json

import pytest
import yaml
from helpers.finished import finished
from helpers.project import Project, ran
from helpers.walkthrough import files_of, pieces_of


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return finished(tmp_path_factory, "project")


def _write(project: Project, package: str, files: dict[str, str]) -> None:
    for name, text in {f"{package}/__init__.py": "", **files}.items():
        project.path(name).parent.mkdir(parents=True, exist_ok=True)
        project.path(name).write_text(text)


def test_a_model_moves_in_by_itself(project):
    before = project.path("outputs/model/model.safetensors").read_bytes()
    _write(project, "pipeline/models/toy", files_of("adding-a-model.md"))
    assert project.repro() == []  # the trained AMDNet is as good as before
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "a toy")
    output = project.dvc("exp", "run", "-S", "model=toy")
    # prepare looks again, because a model that is not fitted needs no queries; what it writes is the same.
    assert ran(output) == ["prepare", "train", "localize", "evaluate", "index", "report"]
    details = json.loads(project.path("outputs/evaluation/details.json").read_text())
    assert details["model"] == "toy" and "toy" in project.path("outputs/report.html").read_text()
    output = project.dvc("exp", "run", "-S", "recipes/toy.yaml:default.units=3")
    assert ran(output) == ["train", "localize", "evaluate", "index", "report"]
    project.change({"model": "amdnet"})
    assert project.repro() == []
    assert project.path("outputs/model/model.safetensors").read_bytes() == before


def test_a_data_set_moves_in_by_itself(project, tmp_path):
    (rendered,) = project.path("data/rendered").iterdir()
    (tmp_path / "videos").symlink_to(rendered / "videos")
    videos = sorted(path.stem for path in (rendered / "videos").glob("*.mp4"))
    for split in ("train", "test"):
        rows = [{"id": f"{video}#0", "clip": video, "says": f"In {video} a shape moves."} for video in videos]
        lines = [json.dumps(row) + "\n" for row in rows if row["clip"].startswith(split)]
        (tmp_path / f"toy_{split}.jsonl").write_text("".join(lines))
    _write(project, "pipeline/annotations/toy", files_of("adding-a-data-set.md"))
    assert project.repro() == []  # what is finished of the sample is as good as before
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "a toy data set")
    changes = ["-S", "dataset=toy", "-S", f"source={tmp_path}", "-S", "prepare.val_fraction=0.4"]
    assert {"prepare", "query_text", "train", "report"} <= set(ran(project.dvc("exp", "run", *changes)))
    numbers = json.loads(project.path("outputs/manifest/prepare.json").read_text())
    assert (numbers["dataset"], numbers["videos"], numbers["refused"]) == ("toy", 10, [])
    assert json.loads(project.path("outputs/features/resnet.json").read_text())["decoded"] == 0  # the sample's videos
    project.git("checkout", "--quiet", "params.yaml")
    assert project.repro() == []


def test_a_stream_is_added_beside_the_others(project):
    stage, parameters = pieces_of("adding-a-stream.md")
    _write(project, "pipeline/backbones/colour", files_of("adding-a-stream.md"))
    with open(project.path("params.yaml"), "a") as file:
        file.write(parameters)
    document = yaml.safe_load(project.path("dvc.yaml").read_text())
    stages = document["stages"]
    stages |= yaml.safe_load(stage)
    stages["scan"]["outs"].append("outputs/scan/streams/colour.json")
    for name in ("train", "localize", "index", "evaluate"):
        stages[name]["deps"].append("outputs/features/colour.h5")
    stages["report"]["deps"].append("outputs/features/colour.json")
    project.path("dvc.yaml").write_text(yaml.safe_dump(document, sort_keys=False, width=1000))
    assert project.repro() == ["colour", "train", "localize", "evaluate", "index", "report"]
    assert json.loads(project.path("outputs/features/colour.json").read_text())["videos"] == 0
    project.change({"features": {"streams": ["colour", "resnet"]}})
    assert project.repro() == ["slowfast", "colour", "train", "localize", "evaluate", "index", "report"]
    numbers = json.loads(project.path("outputs/features/colour.json").read_text())
    assert (numbers["videos"], numbers["decoded"]) == (12, 12)
    assert json.loads(project.path("outputs/model/config.json").read_text())["features"]["streams"] == [
        "colour",
        "resnet",
    ]
