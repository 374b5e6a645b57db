"""Training of a localizer: it learns, resumes bit for bit, keeps the best epoch, and stops when it no longer helps."""

from pathlib import Path

import pytest
import torch
from helpers.localizers import network_of, small_recipe

from pipeline.localizer_training.examples import Examples
from pipeline.localizer_training.loop import LocalizerState, fit

CPU = torch.device("cpu")


def examples_of(corpus) -> Examples:
    others = (corpus.labels[:, None] + 1 + torch.arange(4)) % len(corpus.video_ids)
    return Examples(corpus, others, 8, 2, "floor_ceil", CPU)


class Killed(Exception):
    pass


def train(corpus, file: Path, select, *, epochs: int = 4, patience: int | None = None, killed_after: int = 99):
    recipe = small_recipe(epochs=epochs, patience_epochs=patience)
    network = network_of(corpus, recipe)
    seen: list[int] = []

    def on_epoch(state: LocalizerState) -> None:
        seen.append(state.history[-1]["epoch"])
        if state.history[-1]["epoch"] == killed_after:
            raise Killed

    return network, fit(network, examples_of(corpus), select, 0, file, on_epoch), seen


def test_it_learns(make_corpus, tmp_path):
    _, state, _ = train(make_corpus(12), tmp_path / "state.pt", lambda _: {"chosen_by": 0.0}, epochs=25)
    losses = [record["loss"]["total"] for record in state.history]
    assert losses[-1] < 0.6 * losses[0] and state.best["epoch"] == 1  # of equal epochs the first
    assert [record["steps"] for record in state.history[:2]] == [3, 6]


@pytest.mark.parametrize("after", [1, 3])
def test_training_that_was_killed_ends_with_the_same_bits(make_corpus, tmp_path, after):
    corpus, scores = make_corpus(12), {1: 5.0, 2: 9.0, 3: 1.0, 4: 9.0}

    def selection(calls: list[int]):
        def select(_) -> dict[str, float]:
            calls.append(len(calls) + 1)
            return {"chosen_by": scores[calls[-1]]}

        return select

    _, whole, _ = train(corpus, tmp_path / "whole.pt", selection([]))
    with pytest.raises(Killed):
        train(corpus, tmp_path / "state.pt", selection([]), killed_after=after)
    torch.manual_seed(7)
    _, resumed, seen = train(corpus, tmp_path / "state.pt", selection(list(range(1, after + 1))))
    assert seen == list(range(after, 5))
    assert resumed.history == whole.history and resumed.best["epoch"] == 2
    assert all(torch.equal(whole.weights[name], tensor) for name, tensor in resumed.weights.items())


def test_it_stops_when_epochs_are_no_better(make_corpus, tmp_path):
    scores = iter([1.0, 5.0, 3.0, 4.0, 9.0])
    _, state, _ = train(make_corpus(6), tmp_path / "s.pt", lambda _: {"chosen_by": next(scores)}, epochs=9, patience=2)
    assert [record["epoch"] for record in state.history] == [1, 2, 3, 4] and state.best["epoch"] == 2
