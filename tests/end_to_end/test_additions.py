"""A model, or a data set, that is added as a folder: it runs with no other change, and nothing finished is stale."""

import json

import pytest
from helpers.project import TINY, TINY_RECIPE, Project, ran

MODEL = '''
"""A model that is not fitted: random maps of videos and queries to one space."""

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.corpus.videos import Videos
from pipeline.models.common.interface import RetrievalModel, Scores, similarities
from pipeline.models.toy.recipe import ToyRecipe


class Vectors(NamedTuple):
    clips: Tensor
    spans: Tensor


class Toy(RetrievalModel):
    def __init__(self, video_size: int, query_size: int, recipe: ToyRecipe, max_query_tokens: int):
        super().__init__(video_size, recipe)
        self.video, self.query = nn.Linear(video_size, recipe.size), nn.Linear(query_size, recipe.size)

    def encode_video(self, videos: Videos) -> Vectors:
        clips = self.video(self.standardize(videos.clips))
        return Vectors(clips, clips.new_empty(len(clips), 0, 2))

    def encode_query(self, query: Tensor, mask: Tensor) -> Tensor:
        return self.query(query[:, 0])

    def index(self, encoding: Vectors) -> Vectors:
        return Vectors(F.normalize(encoding.clips, dim=-1), encoding.spans)

    def score(self, query: Tensor, index: Vectors) -> Scores:
        similarity = similarities(F.normalize(query, dim=-1), index.clips)
        return Scores(similarity.amax(dim=-1), similarity)
'''
RECIPE = '''
"""Of the toy."""

from typing import ClassVar

from pydantic import Field

from pipeline.core.recipe import Recipe


class ToyRecipe(Recipe):
    frames: ClassVar[int] = 0
    query_form: ClassVar[str] = "sentence"

    size: int = Field(description="units, >= 1")
'''
LAYOUT = '''
"""What lies in a folder of the toy data set."""

from pipeline.annotations.common.layout import Layout

LAYOUT = Layout(annotations=("toy.json",))
'''
READER = '''
"""A data set whose annotations are one JSON object: the sentences of each video."""

import json
from pathlib import Path
from types import SimpleNamespace

from pipeline.annotations.common.records import AnnotatedQuery, Annotations


def read(source: Path, params: SimpleNamespace) -> Annotations:
    annotations = Annotations(source)
    for video_id, sentences in json.loads((source / "toy.json").read_text()).items():
        annotations.corpus[video_id] |= set()
        for number, text in enumerate(sentences):
            query_id = f"{video_id}#{number}"
            annotations.add(AnnotatedQuery(query_id, video_id, text, "toy.json", split=None))
    return annotations
'''


def _write(project: Project, files: dict[str, str]) -> None:
    for name, text in files.items():
        project.path(name).parent.mkdir(parents=True, exist_ok=True)
        project.path(name).write_text(text.lstrip())


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("project"), TINY, TINY_RECIPE)
    project.repro()
    return project


def test_a_model_moves_in_by_itself(project):
    before = project.path("outputs/model/model.safetensors").read_bytes()
    _write(
        project,
        {
            "pipeline/models/toy/__init__.py": "",
            "pipeline/models/toy/model.py": MODEL,
            "pipeline/models/toy/recipe.py": RECIPE,
            "recipes/toy.yaml": "default:\n  clips: 8\n  size: 4\n",
        },
    )
    assert project.repro() == []  # the trained AMDNet is as good as before
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "a toy")
    output = project.dvc("exp", "run", "-S", "model=toy")
    assert ran(output) == ["train", "index", "evaluate", "report"]
    details = json.loads(project.path("outputs/evaluation/details.json").read_text())
    assert details["model"] == "toy" and "toy" in project.path("outputs/report.html").read_text()
    output = project.dvc("exp", "run", "-S", "recipes/toy.yaml:default.size=3")
    assert ran(output) == ["train", "index", "evaluate", "report"]
    project.change({"model": "amdnet"})
    assert project.repro() == []
    assert project.path("outputs/model/model.safetensors").read_bytes() == before


def test_a_data_set_moves_in_by_itself(project, tmp_path):
    sample = next(project.path("data/rendered").iterdir())
    videos = sorted((sample / "videos").glob("*.mp4"))
    (tmp_path / "videos").symlink_to(sample / "videos")
    sentences = {video.stem: [f"the {number}. thing moves"] for number, video in enumerate(videos)}
    (tmp_path / "toy.json").write_text(json.dumps(sentences))
    _write(
        project,
        {
            "pipeline/annotations/toy/__init__.py": "",
            "pipeline/annotations/toy/layout.py": LAYOUT,
            "pipeline/annotations/toy/reader.py": READER,
        },
    )
    assert project.repro() == []
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "a toy data set")
    output = project.dvc("exp", "run", "-S", "dataset=toy", "-S", f"source={tmp_path}")
    assert {"prepare", "train", "report"} <= set(ran(output))
    numbers = json.loads(project.path("outputs/manifest/prepare.json").read_text())
    assert (numbers["videos"], numbers["queries"]) == (len(videos), len(videos))
    assert json.loads(project.path("outputs/features/resnet.json").read_text())["decoded"] == 0  # the same videos
