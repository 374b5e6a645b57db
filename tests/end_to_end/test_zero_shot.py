"""A folder of videos without queries becomes searchable with a model that needs no training, by the real `dvc`."""

import json
import shutil
import subprocess
import sys

import pytest
from helpers.numbered import numbered_frames
from helpers.project import TINY, Project, ran
from helpers.videos import write_video

pytestmark = pytest.mark.slow
CHOSEN = {"model": "zero_shot", "features": {"streams": ["clip"]}, "query_text": {"encoder": "clip"}}


def _film(folder, number, frames=20):
    return write_video(folder / f"film{number:02}.mp4", numbered_frames(frames + number), 12)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    source = tmp_path_factory.mktemp("films")
    for number in range(3):
        _film(source, number)
    return source


@pytest.fixture(scope="module")
def project(tmp_path_factory, source):
    return Project(tmp_path_factory.mktemp("search"), {**TINY, "dataset": "folder", "source": str(source), **CHOSEN})


def _json(project, name):
    return json.loads(project.path(name).read_text())


def _search(folder, *arguments):
    command = [sys.executable, "-m", "tools.command", "search", "a red disc moves up", "--json", *arguments]
    return json.loads(subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE).stdout)


def test_what_is_not_of_one_space_is_named_before_anything_is_decoded(project):
    project.change({"features": {"streams": "auto"}, "query_text": {"encoder": "roberta"}})
    output = project.dvc("repro", fails=True)
    assert "features.streams is [resnet, slowfast] and query_text.encoder is roberta" in output and ran(output) == []
    assert "set features.streams to [clip] and set query_text.encoder to clip" in output and "Traceback" not in output
    project.change(CHOSEN)


def test_videos_without_queries_are_searched_without_any_training(project, tmp_path):
    output = project.dvc("repro")
    assert "zero_shot needs no training" in output and "evaluate: no queries; 3 videos" in output
    metrics = _json(project, "outputs/evaluation/metrics.json")
    assert (metrics["videos"], metrics["random weights"]) == (3, 2)
    report = project.path("outputs/report.html").read_text()
    assert "These 3 videos can be searched" in report and "needs no training" in report
    assert "random weights: the backbones of clip, query were never trained" in report
    assert project.repro() == []
    shutil.copytree(project.path("outputs/index"), tmp_path / "index")
    found = _search(project.folder, "--index", str(tmp_path / "index"))
    assert {hit["id"] for hit in found["hits"]} == {"film00", "film01", "film02"}
    assert all(0 <= hit["start"] < hit["end"] for hit in found["hits"])


def test_a_longer_video_is_not_cut_off_and_the_others_are_not_decoded_again(project, source):
    clips = _json(project, "outputs/model/config.json")["recipe"]["clips"]
    _film(source, 3, frames=120)
    project.repro()
    numbers = _json(project, "outputs/features/clip.json")
    assert (numbers["decoded"], numbers["reused"]) == (1, 3)
    assert _json(project, "outputs/model/config.json")["recipe"]["clips"] > clips
    lengths = {row["video_id"]: row["seconds"] for row in _json(project, "outputs/index/index.json")["videos"]}
    assert lengths["film03"] > 10 and {hit["id"] for hit in _search(project.folder)["hits"]} == set(lengths)


def test_queries_that_come_later_are_split_and_evaluated_as_for_any_model(project, source):
    for number in range(4, 8):
        _film(source, number)
    rows = [{"vid_name": f"film{number:02}", "desc": f"Number {number} is shown."} for number in range(8)]
    (source / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert {"prepare", "query_text", "train", "evaluate"} <= set(project.repro())
    details = _json(project, "outputs/evaluation/details.json")
    assert (details["reported_split"], details["selection_split"]) == ("test", "val")
    assert "history" in _json(project, "outputs/model/training.json")
