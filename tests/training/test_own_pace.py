"""A model that reads videos at their own pace is trained as all others: features scaled, from CCA, with moments."""

import math

import pytest
import torch
from helpers import own_pace

from pipeline.models.common.interface import TrainedModel
from pipeline.retrieval.metrics import corpus_ranks, recall
from pipeline.training.train import initial_model, numbers, train

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def inputs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))
    own_pace.register(monkeypatch)
    own_pace.write_inputs()


def start(subtitles: bool, **changes):
    params, recipe = own_pace.features(subtitles, "standard"), own_pace.recipe(**changes)
    corpus = own_pace.corpus_of("train", params, recipe)
    model, baselines = initial_model(own_pace.NAME, recipe, params, corpus, corpus.labels, 9, 0)
    assert isinstance(model, TrainedModel)
    return model, baselines, corpus, own_pace.corpus_of("val", params, recipe)


def test_features_are_scaled_by_the_rows_and_not_by_the_padding():
    model, _, corpus, _ = start(True)
    rows = corpus.videos.frames[:-1]
    torch.testing.assert_close(model.standardize.mean, rows.mean(dim=0))
    torch.testing.assert_close(model.standardize.deviation, rows.std(dim=0, correction=0))
    assert not torch.allclose(model.standardize.mean, corpus.videos.frames.mean(dim=0))


@pytest.mark.parametrize("subtitles", [True, False])
def test_it_is_trained_with_the_moments_that_are_known(tmp_path, subtitles):
    model, baselines, corpus, selection = start(subtitles)
    trained = train(model, baselines, corpus, corpus.labels, selection, 0, CPU, tmp_path / "state.pt", lambda _: None)
    last = trained.history[-1]
    assert last["epoch"] == 1 and math.isfinite(last["loss"]["total"]) and last["loss"]["first"] > 0


def test_it_starts_from_the_directions_of_cca():
    model, baselines, _, selection = start(False, start="cca", hidden=36)
    assert len(baselines) == 3
    random, _, _, _ = start(False, hidden=36)
    ours, untrained = (recall(corpus_ranks(each, selection, CPU))["R@1"] for each in (model, random))
    assert ours > 2 * untrained


def test_videos_that_were_cut_are_among_the_numbers_of_training(tmp_path):
    model, baselines, corpus, selection = start(True)
    trained = train(model, baselines, corpus, corpus.labels, selection, 0, CPU, tmp_path / "state.pt", lambda _: None)
    found = numbers(trained, model, corpus, selection)
    assert found["train_cut_videos"] == found["selection_cut_videos"] == 6
