"""A model that starts from canonical correlations ranks before its first step, by what its labels say, and repeats."""

import pytest
import torch

from pipeline.evaluation.rank import rank_corpus
from pipeline.evaluation.retrieval import recall
from pipeline.models.blocks import initialize
from pipeline.models.registry import build
from pipeline.models.start import start_from_cca
from pipeline.training.batches import derange

MODELS = ["amdnet", "gmmformer", "ms_sl"]


@pytest.fixture
def made(recipe_of):
    """made(name, corpus, labels=None, hidden=32) -> the model as it starts; with labels, from their correlations."""

    def make(name, corpus, labels=None, hidden=32):
        recipe = recipe_of(name).model_copy(update={"hidden": hidden})
        model = build(name, corpus.videos.clips.shape[2], corpus.query.shape[2], recipe, 30)
        initialize(model, 0)
        if labels is not None:
            start_from_cca(model, corpus, labels)
        return model

    return make


def sum_of_recall(model, corpus):
    return recall(rank_corpus(model, corpus, torch.device("cpu")).ranks)["SumR"]


@pytest.mark.parametrize("name", MODELS)
def test_it_ranks_before_the_first_step_as_the_labels_say(made, make_corpus, name):
    corpus = make_corpus(40)
    started = sum_of_recall(made(name, corpus, corpus.labels), corpus)
    assert started > sum_of_recall(made(name, corpus), corpus) + 50
    assert started > sum_of_recall(made(name, corpus, derange(corpus.labels, 0)), corpus) + 50


@pytest.mark.parametrize("name", MODELS)
def test_only_the_maps_of_the_projections_change_and_twice_alike(made, make_corpus, name):
    corpus = make_corpus(12)
    random, one, two = (made(name, corpus, labels) for labels in (None, corpus.labels, corpus.labels))
    projections = [projection.linear for part in one.projections() for projection in part]
    assert len(projections) == (2 if name == "amdnet" else 3)
    changed = {id(tensor) for linear in projections for tensor in (linear.weight, linear.bias)}
    for (key, before), after, again in zip(random.named_parameters(), one.parameters(), two.parameters(), strict=True):
        assert torch.equal(before, after) == (id(after) not in changed), key
        assert torch.equal(after, again), key


def test_units_beyond_two_a_direction_keep_their_weights(made, make_corpus):
    corpus = make_corpus(12)
    random, started = (made("amdnet", corpus, labels, hidden=48) for labels in (None, corpus.labels))
    before, after = (model.video_projection.linear.weight for model in (random, started))
    directions = corpus.query.shape[2]
    assert torch.equal(before[2 * directions :], after[2 * directions :])
    assert torch.equal(after[:directions], -after[directions : 2 * directions])
