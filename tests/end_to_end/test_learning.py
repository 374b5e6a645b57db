"""It learns: on the embedded sample as it ships, random backbones and all, and not when there is nothing to learn.

AMDNET_DEMO may name a clone in which `make demo` has run, so that the sample need not be run once more; it is changed.
"""

import json
import os
from pathlib import Path

import pytest
from helpers.project import Project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    if demo := os.environ.get("AMDNET_DEMO"):
        return Project.at(Path(demo))
    return Project(tmp_path_factory.mktemp("sample"), {"report": {"examples": 0}})


def _test_split(project):
    return json.loads(project.path("outputs/evaluation/details.json").read_text())["splits"]["test"]


def test_the_right_video_comes_first_four_times_as_often_as_by_chance(project):
    project.repro()
    numbers = _test_split(project)
    assert numbers["retrieval"]["R@1"] >= 4 * numbers["chance"]["R@1"]
    assert numbers["chance"]["R@1"] <= 4
    assert numbers["moments"]["mIoU"] > numbers["whole_video"]["mIoU"]


def test_training_on_the_queries_of_other_videos_ends_at_chance(project):
    project.change({"train": {"shuffle_queries": True}})
    assert project.repro() == ["train", "localize", "evaluate", "index", "report"]
    numbers = _test_split(project)
    assert abs(numbers["retrieval"]["SumR"] - numbers["chance"]["SumR"]) < 3 * numbers["chance"]["SumR deviation"]
    assert numbers["retrieval"]["R@1"] < 2.5 * numbers["chance"]["R@1"]
