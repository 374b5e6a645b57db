"""Trains a model that is solved in closed form: each epoch solves it again, with what the epoch before found.

The result has the same form as that of the training loop. No epoch depends on chance, and there is nothing to resume.
Test: tests/training/test_closed_form.py.
"""

import time
from collections.abc import Callable

import torch
from torch import Tensor

from pipeline.core.runtime import threads
from pipeline.corpus.corpus import Corpus
from pipeline.models.common.interface import SolvedModel
from pipeline.retrieval.metrics import corpus_ranks, recall
from pipeline.training.loop import TrainingState


@threads(1)
def solve(
    model: SolvedModel,
    corpus: Corpus,
    labels: Tensor,
    selection: Corpus,
    device: torch.device,
    on_epoch: Callable[[TrainingState], None],
) -> TrainingState:
    """Solve `model`, which is on `device`, `recipe.epochs` times for the corpus with `labels` (Q,).

    Returns the state of training with the weights of the epoch that is best on the selection split; `model` itself ends
    with the weights of the last epoch. An epoch counts as one step; its loss is 1 minus the mean correlation of the
    directions. on_epoch: called with the state after each epoch. Raises PipelineError for scores that are not numbers.
    """
    state = TrainingState(history=[], weights={}, seconds=0.0)
    for epoch in range(1, model.recipe.epochs + 1):
        started = time.monotonic()
        correlation = model.solve(corpus.videos.clips, corpus.query, corpus.query_mask, labels, refit=epoch > 1)
        scores = recall(corpus_ranks(model, selection, device))
        loss = {"total": 1 - correlation}
        state.history.append({"epoch": epoch, "steps": epoch, "learning_rate": 0.0, "loss": loss, "recall": scores})
        if state.best["epoch"] == epoch:
            state.weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        state.seconds += time.monotonic() - started
        on_epoch(state)
    return state
