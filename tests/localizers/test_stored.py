"""A localizer that was saved for an index answers as that of the split, wherever it lies, and for its videos alone."""

import shutil
from pathlib import Path

import pytest
import torch
from helpers.events import MOST, corpus_of_events
from helpers.localizers import network_of, small_recipe

from pipeline.core.errors import PipelineError
from pipeline.localizer_training.train import sizes_of
from pipeline.localizers.common import stored, trained, untrained
from pipeline.localizers.common.network_localizer import NetworkLocalizer
from pipeline.localizers.common.recipe import LOCALIZERS

CPU = torch.device("cpu")
CORPUS = corpus_of_events(7)
RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.fixture
def source(tmp_path) -> Path:
    recipe = small_recipe(start="random", clips=MOST)
    config = {"localizer": "prem", "recipe": recipe.model_dump(), **sizes_of(CORPUS, max_query_tokens=30)}
    trained.save(tmp_path / "trained", network_of(CORPUS, recipe), config)
    return tmp_path / "trained"


def test_the_opened_localizer_answers_as_that_of_the_split(source, tmp_path):
    stored.save(tmp_path / "index" / "localizer", source, CORPUS.video_ids, [CORPUS], CPU)
    moved = tmp_path / "elsewhere"
    shutil.move(tmp_path / "index" / "localizer", moved)
    opened = stored.open_stored(moved, CORPUS.video_ids, CPU)
    query, video = torch.arange(5), torch.arange(10).view(5, 2) % 7
    ours = NetworkLocalizer(opened.network, opened.videos, CORPUS.query, CORPUS.query_mask)
    theirs = NetworkLocalizer.of_split(trained.load(source)[0], CORPUS, CPU)
    for one, other in zip(ours.spans(query, video), theirs.spans(query, video), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_the_same_localizer_gives_the_same_bytes(source, tmp_path):
    for name in ("a", "b"):
        stored.save(tmp_path / name, source, CORPUS.video_ids, [CORPUS], CPU)
    assert (tmp_path / "a" / stored.VIDEOS).read_bytes() == (tmp_path / "b" / stored.VIDEOS).read_bytes()


def test_other_videos_are_refused(source, tmp_path):
    with pytest.raises(PipelineError, match="do not read the same videos"):
        stored.save(tmp_path / "a", source, CORPUS.video_ids[1:], [CORPUS], CPU)
    stored.save(tmp_path / "b", source, CORPUS.video_ids, [CORPUS], CPU)
    with pytest.raises(PipelineError, match="not of one index"):
        stored.open_stored(tmp_path / "b", [*CORPUS.video_ids[1:], "other"], CPU)


def test_other_weights_are_refused(source, tmp_path):
    stored.save(tmp_path / "a", source, CORPUS.video_ids, [CORPUS], CPU)
    network, config = trained.load(source)
    with torch.no_grad():
        next(network.parameters()).add_(1)
    trained.save(tmp_path / "a", network, config)
    with pytest.raises(PipelineError, match="not of one index"):
        stored.open_stored(tmp_path / "a", CORPUS.video_ids, CPU)


def test_one_that_is_not_trained_is_its_recipe_alone(tmp_path):
    recipe = LOCALIZERS.read("moments", RECIPES)["default"]
    untrained.save(tmp_path / "source", {"localizer": "moments", "recipe": recipe.model_dump()})
    stored.save(tmp_path / "a", tmp_path / "source", CORPUS.video_ids, [], CPU)
    opened = stored.open_stored(tmp_path / "a", CORPUS.video_ids, CPU)
    assert (opened.name, opened.recipe, opened.network, opened.videos) == ("moments", recipe, None, None)
