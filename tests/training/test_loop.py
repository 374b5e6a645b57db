"""The loop learns, stops early, keeps the best weights, and repeats itself bit for bit."""

import pytest
import torch

from pipeline.core.runtime import threads
from pipeline.models.common.blocks import initialize
from pipeline.models.common.registry import build
from pipeline.retrieval.metrics import corpus_ranks, recall
from pipeline.training.batches import Batches, derange, derived_seed
from pipeline.training.loop import TrainingState, fit, threads_of, train_step

CPU = torch.device("cpu")
every_model = pytest.mark.parametrize("kind", ["amdnet", "gmmformer", "ms_sl", "prem"])


@pytest.fixture
def train(tmp_path, recipe_of):
    """train(corpus, selection, labels, kind, name, seed, baselines, **recipe) -> (model, state); the corpus will do."""

    def run(corpus, selection=None, labels=None, kind="amdnet", name="state", seed=0, baselines=None, **changes):
        chosen = recipe_of(kind).model_copy(update=changes)
        model = build(kind, corpus.videos.clips.shape[2], corpus.query.shape[2], chosen, 30)
        initialize(model, seed)
        batches = Batches(corpus, corpus.labels if labels is None else labels, chosen.batch_videos, CPU)
        state = tmp_path / f"{name}.pt"
        baselines, selection = baselines or [model.state_dict()], selection or corpus
        return model, fit(model, baselines, batches, selection, chosen, seed, CPU, state, lambda run: None)

    return run


@every_model
def test_a_small_corpus_is_learnt_by_heart(make_corpus, train, kind):
    corpus = make_corpus(8)
    model, run = train(corpus, kind=kind, epochs=40, input_dropout=0.0, dropout=0.0)
    assert run.history[-1]["loss"]["total"] < 0.5 * run.history[1]["loss"]["total"]
    assert recall(corpus_ranks(model, corpus, CPU))["R@1"] == 100


@every_model
def test_the_control_run_learns_nothing_of_the_true_videos(make_corpus, train, kind):
    corpus = make_corpus(8)
    labels = derange(corpus.labels, derived_seed(0, "derangement"))
    model, _ = train(corpus, labels=labels, kind=kind, epochs=40, input_dropout=0.0, dropout=0.0)
    assert recall(corpus_ranks(model, corpus, CPU))["R@1"] < 50


@every_model
def test_two_runs_are_equal_whatever_the_global_seed_and_the_threads(make_corpus, train, kind):
    corpus = make_corpus(10)
    threads = torch.get_num_threads()
    runs = []
    for name, seed, number in (("one", 1, 1), ("two", 2, 2)):
        torch.manual_seed(seed)
        torch.set_num_threads(number)
        runs.append(train(corpus, kind=kind, name=name)[1])
        assert torch.get_num_threads() == number
    torch.set_num_threads(threads)
    assert runs[0].history == runs[1].history
    assert all(torch.equal(runs[0].weights[name], runs[1].weights[name]) for name in runs[0].weights)
    assert train(corpus, kind=kind, name="three", seed=5)[1].history != runs[0].history


@every_model
def test_a_run_taken_up_again_equals_one_that_was_not_stopped(make_corpus, train, monkeypatch, kind):
    corpus = make_corpus(10)
    chosen = {"kind": kind, "epochs": 6, **({} if kind == "amdnet" else {"hard_start": 4})}
    whole = train(corpus, name="whole", **chosen)[1]

    class Killed(Exception):
        pass

    steps = iter(range(1, 100))

    def step(*arguments):
        if next(steps) == 3 * 3 + 2:  # in the middle of the fourth epoch
            raise Killed
        return train_step(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.training.loop.train_step", step)
        with pytest.raises(Killed):
            train(corpus, name="resumed", **chosen)
    resumed = train(corpus, name="resumed", **chosen)[1]
    assert resumed.history == whole.history
    assert all(torch.equal(resumed.weights[name], whole.weights[name]) for name in whole.weights)


def record(epoch: int, sumr: float) -> dict:
    return {"epoch": epoch, "steps": 10 * epoch, "recall": {"SumR": sumr}, "lead_error": 4.0}


@pytest.mark.parametrize(
    ("scores", "patience", "best", "finished"),
    [
        ([50, 60, 55], 20, 2, False),
        ([50, 60, 55, 60], 20, 2, True),  # equal is not better
        ([50, 60, 55, 61], 20, 4, False),
        ([50, 60, 55, 61], 25, 4, False),
        ([50, 40, 40], 25, 1, False),  # patience counts steps, here 20 of 25
        ([50] * 8, 1000, 1, True),  # all epochs done
        ([50] * 7, None, 1, False),  # null: nothing but the number of epochs
        ([50] * 8, None, 1, True),
        ([], 10, 0, False),  # nothing is trained yet
    ],
)
def test_patience_counts_steps_since_the_best_epoch(recipe, scores, patience, best, finished):
    run = TrainingState([record(epoch, score) for epoch, score in enumerate([0, *scores])], {}, 0.0)
    assert run.best["epoch"] == best
    assert run.finished(recipe.model_copy(update={"epochs": 8, "patience_steps": patience})) == finished


@pytest.mark.parametrize(("scores", "best"), [([63, 64], 0), ([63, 64.5, 64], 2), ([50, 40], 0), ([70, 66], 1)])
def test_an_epoch_must_lead_the_start_by_more_than_the_error_of_its_lead(scores, best):
    assert (
        TrainingState([record(epoch, score) for epoch, score in enumerate([60, *scores])], {}, 0.0).best["epoch"]
        == best
    )


def test_patience_goes_on_while_training_recovers_below_its_start(recipe):
    dip = TrainingState([record(epoch, score) for epoch, score in enumerate([90, 50, 40, 55, 60])], {}, 0.0)
    chosen = recipe.model_copy(update={"epochs": 8, "patience_steps": 20})
    assert dip.best["epoch"] == 0 and not dip.finished(chosen)
    dip.history += [record(5, 60), record(6, 59)]
    assert dip.finished(chosen)


@pytest.mark.parametrize(
    ("model", "dataset", "steps", "patience"),
    [  # the released loops stop when more epochs in a row than their patience were no better
        ("amdnet", "tvr", 137, 15),
        ("amdnet", "activitynet", 71, 15),
        ("amdnet", "charades", 42, 10),
        *((model, name, steps, 10) for model in ("gmmformer", "ms_sl")
          for name, steps in (("tvr", 137), ("activitynet", 71), ("charades", 42))),
    ],
)  # fmt: skip
def test_the_published_recipes_stop_where_the_released_loops_do(published, model, dataset, steps, patience):
    chosen = published(model, dataset)
    best = [{**record(0, 99), "steps": 0}, {**record(1, 9), "steps": steps}]
    for failed in range(1, patience + 2):
        assert not TrainingState(best, {}, 0.0).finished(chosen)
        best.append({**record(1 + failed, 9), "steps": steps * (1 + failed)})
    assert TrainingState(best, {}, 0.0).finished(chosen)


def test_the_weights_kept_are_the_best_epochs(make_corpus, train, recipe):
    corpus = make_corpus(6)
    model, run = train(corpus, epochs=12)
    model.load_state_dict(run.weights)
    assert recall(corpus_ranks(model, corpus, CPU)) == run.best["recall"]


@every_model
def test_a_model_that_training_spoils_is_what_it_was_before(make_corpus, train, kind):
    corpus = make_corpus(10)
    good = train(corpus, kind=kind, name="good", epochs=12)[1].weights
    bad = train(corpus, kind=kind, name="bad", seed=1, epochs=1, learning_rate=1e-9)[1].weights
    model, run = train(corpus, kind=kind, name="spoilt", baselines=[bad, good], learning_rate=0.5, warmup=0.0)
    assert run.best["epoch"] == 0 and run.summary()["start_sumr"] == run.summary()["best_sumr"]
    assert all(torch.equal(run.weights[name], good[name]) for name in good)
    model.load_state_dict(run.weights)
    assert recall(corpus_ranks(model, corpus, CPU)) == run.history[0]["recall"]


def test_the_baseline_is_not_what_is_trained(make_corpus, train):
    corpus = make_corpus(10)
    one, other = (train(corpus, name=name, baselines=baselines)[1] for name, baselines in (
        ("one", None), ("other", [train(corpus, name="good", seed=3)[1].weights])
    ))  # fmt: skip
    assert one.history[0] != other.history[0]
    assert [record["loss"] for record in one.history[1:]] == [record["loss"] for record in other.history[1:]]


def test_early_stopping_ends_the_run(make_corpus, train):
    run = train(make_corpus(6), epochs=200, patience_steps=3, learning_rate=1e-9)[1]
    assert run.history[-1]["epoch"] < 200
    assert run.history[-1]["steps"] - max(run.best["steps"], run.history[1]["steps"]) >= 3


@pytest.mark.parametrize("kind", ["gmmformer", "ms_sl"])
def test_negatives_are_hard_after_the_easy_epochs(make_corpus, train, kind):
    corpus = make_corpus(8)
    easy, late = (train(corpus, kind=kind, name=str(start), hard_start=start)[1].history for start in (100, 2))
    assert [record["loss"] for record in easy[:3]] == [record["loss"] for record in late[:3]]
    assert late[3]["loss"]["triplet_clip"] > easy[3]["loss"]["triplet_clip"]


def test_the_threads_depend_on_the_recipe_alone(recipe):
    assert threads_of(recipe) == 1
    assert threads_of(recipe.model_copy(update={"hidden": 384, "batch_videos": 128})) == 2
    before = torch.get_num_threads()
    with threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
