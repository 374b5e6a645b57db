"""The whole pipeline on real videos as a user's own folder, with random weights.

ResNet and RoBERTa are at full size; SlowFast sees 64 pixels, since at 224 it takes a minute a minute of video.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from helpers.project import Project

from pipeline.feature_io.hdf5 import FeatureFile

STAGES = {"prepare", "slowfast", "resnet", "clip", "pack", "query_text", "subtitle_text"}
STAGES |= {"train", "localize", "index", "evaluate", "report"}
SIZES = {"slowfast": 2304, "resnet": 2048, "query": 768, "subtitle": 768}


@pytest.fixture(scope="module")
def real_data() -> Path:
    folder = os.environ.get("AMDNET_REAL_DATA")
    if not folder:
        pytest.skip("AMDNET_REAL_DATA does not name the folder of the real videos")
    return Path(folder).resolve()


@pytest.fixture(scope="module")
def project(real_data, tmp_path_factory):
    project = Project(
        tmp_path_factory.mktemp("real"),
        {
            "dataset": "folder",
            "source": str(real_data / "sample_videos"),
            "slowfast": {"size": 64},
            "resnet": {"size": 224},
            "text": {
                "tokenizer": str(real_data / "tokenizer" / "roberta_hf"),
                "layers": 12,
                "hidden": 768,
                "heads": 12,
            },
            "report": {"examples": 4},
            "features": {"streams": ["resnet", "slowfast", "subtitle"]},
        },
        {"epochs": 5},
    )
    assert set(project.repro()) == STAGES
    return project


def _json(project, name):
    return json.loads(project.path(name).read_text())


def _lines(project, name):
    return [json.loads(line) for line in project.path(name).read_text().splitlines()]


def test_all_videos_and_queries_arrive_and_nothing_is_refused(project):
    numbers = _json(project, "outputs/manifest/prepare.json")
    assert (numbers["videos"], numbers["queries"], numbers["subtitles"]) == (12, 41, 2)
    assert numbers["refused"] == []
    for stream in ("slowfast", "resnet"):
        stage = _json(project, f"outputs/features/{stream}.json")
        assert (stage["videos"], stage["decoded"], stage["failed"]) == (12, 12, 0)


@pytest.mark.parametrize("name", SIZES)
def test_features_have_the_published_sizes_and_name_their_random_weights(project, name):
    with FeatureFile(project.path(f"outputs/features/{name}.h5")) as features:
        assert {features[id].shape[1] for id in features.ids()} == {SIZES[name]}
        assert len(features.ids()) == (41 if name == "query" else 12)
        assert features.provenance["weights"].startswith("random")
        assert all(np.isfinite(features[id]).all() and features[id].dtype == np.float16 for id in features.ids())


def test_clips_tile_each_video(project):
    videos = {video["video_id"]: video["duration"] for video in _lines(project, "outputs/manifest/videos.jsonl")}
    with (
        FeatureFile(project.path("outputs/features/slowfast.h5")) as slowfast,
        FeatureFile(project.path("outputs/features/resnet.h5")) as resnet,
    ):
        for video_id, duration in videos.items():
            assert len(slowfast[video_id]) == len(resnet[video_id]) == pytest.approx(duration / 1.5, abs=1)


def test_subtitles_fall_into_the_clips_in_which_they_are_spoken(project):
    with FeatureFile(project.path("outputs/features/subtitle.h5")) as features:
        spoken = {id: np.abs(features[id]).sum(axis=1) > 0 for id in features.ids()}
    assert spoken["nasa_13013"].all() and spoken["mdn_friday"][:4].all()
    assert not any(clips.any() for id, clips in spoken.items() if id not in ("nasa_13013", "mdn_friday"))


def test_every_test_query_is_ranked_with_spans_inside_the_videos(project):
    queries = {q["query_id"]: q for q in _lines(project, "outputs/manifest/queries.jsonl") if q["split"] == "test"}
    durations = {video["video_id"]: video["duration"] for video in _lines(project, "outputs/manifest/videos.jsonl")}
    rankings = _lines(project, "outputs/evaluation/rankings_test.jsonl")
    assert {row["query_id"] for row in rankings} == set(queries)
    for row in rankings:
        assert row["video_id"] == queries[row["query_id"]]["video_id"]
        for hit in row["ranking"]:
            assert 0 <= hit["start"] <= hit["end"] <= durations[hit["video_id"]] + 1e-3


def test_the_report_shows_the_queries_and_says_that_weights_are_random(project):
    page = project.path("outputs/report.html").read_text()
    assert "random" in page and "data:image/jpeg;base64," in page
    assert any(row["text"] in page for row in _lines(project, "outputs/evaluation/rankings_test.jsonl"))
