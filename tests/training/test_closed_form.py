"""The solved model gives the training loop's record, repeats itself, and learns nothing from other videos' queries."""

import pytest
import torch

from pipeline.models.common.registry import build
from pipeline.retrieval.metrics import corpus_ranks, recall
from pipeline.training.batches import derange
from pipeline.training.closed_form import solve

CPU = torch.device("cpu")


@pytest.fixture
def solved(recipe_of):
    """solved(corpus, labels=None) -> (model, state, the epochs that were announced)."""

    def run(corpus, labels=None):
        model = build("cca", corpus.videos.clips.shape[2], corpus.query.shape[2], recipe_of("cca"), 30)
        announced = []
        labels = corpus.labels if labels is None else labels
        done = solve(model, corpus, labels, corpus, CPU, lambda now: announced.append(now.history[-1]["epoch"]))
        model.load_state_dict(done.weights)
        return model, done, announced

    return run


def test_the_record_is_the_loops_and_the_best_weights_are_kept(make_corpus, solved):
    corpus = make_corpus(12)
    model, run, announced = solved(corpus)
    assert announced == [1, 2, 3, 4] and run.summary()["epochs_run"] == 4
    assert set(run.history[0]) == {"epoch", "steps", "learning_rate", "loss", "recall"}
    assert recall(corpus_ranks(model, corpus, CPU)) == run.best["recall"]
    assert 0 <= run.best["loss"]["total"] < 1


def test_it_learns_and_the_control_does_not(make_corpus, solved):
    corpus = make_corpus(40)
    assert solved(corpus)[1].best["recall"]["R@1"] > 80
    assert solved(corpus, derange(corpus.labels, 0))[1].best["recall"]["R@1"] < 20


def test_two_runs_are_equal(make_corpus, solved):
    corpus = make_corpus(12)
    one, two = (solved(corpus)[1] for _ in range(2))
    assert one.history == two.history
    assert all(torch.equal(one.weights[name], two.weights[name]) for name in one.weights)
