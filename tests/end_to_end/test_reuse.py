"""A user's own videos without queries, searched with a model that another project has trained, by the real `dvc`."""

import json
import subprocess
import sys

import pytest
from helpers.finished import finished
from helpers.numbered import numbered_frames
from helpers.project import TINY, TINY_RECIPE, Project, ran
from helpers.videos import write_video

pytestmark = pytest.mark.slow
STREAMS = ("slowfast", "resnet")
MODEL = ("model.safetensors", "config.json", "training.json")


def _film(folder, number):
    return write_video(folder / f"film{number:02}.mp4", numbered_frames(20 + number), 12)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return finished(tmp_path_factory, "trained").path("outputs/index")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    source = tmp_path_factory.mktemp("films")
    for number in range(3):
        _film(source / "videos", number)
    (source / "videos" / "film01.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nThe numbers begin.\n")
    return source


@pytest.fixture(scope="module")
def project(tmp_path_factory, trained, source):
    project = Project(tmp_path_factory.mktemp("search"), TINY, TINY_RECIPE)
    project.change({"dataset": "folder", "source": str(source), "train": {"reuse": str(trained)}})
    project.repro()
    return project


def _json(project, name):
    return json.loads(project.path(name).read_text())


def _indexed(project):
    return [video["video_id"] for video in _json(project, "outputs/index/index.json")["videos"]]


def _decoded(project):
    numbers = [_json(project, f"outputs/features/{stream}.json") for stream in STREAMS]
    return {(one["decoded"], one["reused"], one["failed"]) for one in numbers}


def _model(project):
    return [project.path(f"outputs/model/{name}").read_bytes() for name in MODEL]


def _search(project, sentence):
    command = [sys.executable, "-m", "tools.command", "search", sentence, "--json"]
    return json.loads(subprocess.run(command, cwd=project.folder, check=True, stdout=subprocess.PIPE).stdout)


def test_videos_without_queries_are_searched_with_the_model_of_another_project(project, trained, source):
    assert _indexed(project) == ["film00", "film01", "film02"]
    for name in ("model.safetensors", "search.json", "text/vocab.json", "text/encoder.json"):
        assert project.path(f"outputs/index/{name}").read_bytes() == (trained / name).read_bytes()
    metrics = _json(project, "outputs/evaluation/metrics.json")
    assert (metrics["videos"], metrics["random weights"]) == (3, 3)
    hits = _search(project, "a red disc moves up")["hits"]
    assert {hit["id"] for hit in hits} == set(_indexed(project))
    report = project.path("outputs/report.html").read_text()
    assert "These 3 videos can be searched" in report and "<polyline" not in report
    assert project.repro() == []
    assert "WARNING" not in project.dvc("repro") and "videos" in project.dvc("metrics", "show")


def test_ten_more_files_decode_ten_and_the_rest_comes_from_the_store(project, source):
    model = _model(project)
    for number in range(3, 13):
        _film(source / "videos", number)
    output = project.dvc("repro")
    assert "query_text" not in ran(output)
    assert "nothing is trained" in output and _model(project) == model
    assert _decoded(project) == {(10, 3, 0)}
    assert _indexed(project) == [f"film{number:02}" for number in range(13)]


def test_a_removed_video_leaves_the_index_and_a_renamed_one_is_not_decoded_again(project, source):
    before = {video["video_id"]: video for video in _json(project, "outputs/index/index.json")["videos"]}
    (source / "videos" / "film02.mp4").unlink()
    (source / "videos" / "film05.mp4").rename(source / "videos" / "the_fifth.mp4")
    project.repro()
    assert _decoded(project) == {(0, len(before) - 1, 0)}
    assert _indexed(project) == sorted({*before, "the_fifth"} - {"film02", "film05"})
    after = {video["video_id"]: video for video in _json(project, "outputs/index/index.json")["videos"]}
    assert after["the_fifth"]["sha256"] == before["film05"]["sha256"]
    assert after["the_fifth"]["path"].endswith("the_fifth.mp4")


def test_what_the_model_was_not_trained_on_is_named_before_anything_is_decoded(project):
    project.change({"resnet": {"size": 48}, "clip_seconds": 2.0, "model": "cca"})
    output = project.dvc("repro", fails=True)
    for difference in (
        "resnet.size: 48 here, 32 there",
        "clip_seconds: 2.0 here, 1.5 there",
        "model: cca here, amdnet",
    ):
        assert difference in output
    assert ran(output) == [] and "Traceback" not in output
    project.change({"resnet": {"size": 32}, "clip_seconds": 1.5, "model": "amdnet"})
    assert project.repro() == []


def test_queries_that_come_later_are_evaluated_and_a_changed_model_is_noticed(project, source, trained):
    rows = [{"vid_name": f"film{number:02}", "desc": f"Number {number} is shown."} for number in (0, 1, 3, 4)]
    (source / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert {"prepare", "query_text", "evaluate"} <= set(project.repro())
    details = _json(project, "outputs/evaluation/details.json")
    assert (details["reported_split"], details["selection_split"]) == ("test", None)
    assert details["splits"]["test"]["queries"] == 4
    search = json.loads((trained / "search.json").read_text())
    (trained / "search.json").write_text(json.dumps({**search, "window": 0.5}))
    assert {"train", "evaluate", "index"} <= set(project.repro())
    assert _json(project, "outputs/index/search.json")["window"] == 0.5
