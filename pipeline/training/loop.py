"""The training loop: epochs of batches, validation by SumR after each, early stopping, the best weights kept.

Epoch 0 is the baseline that training starts from; its weights are kept where no epoch ranks the selection split clearly
better. A few videos more or less are no reason to leave a baseline.
An epoch's order and dropout derive from (seed, epoch), and the state is saved after each, so that on the CPU a run that
was killed and started again equals one that was not, bit for bit, whatever the number of cores.
Tests: tests/training/test_loop.py, test_resume.py.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.core.runtime import threads
from pipeline.corpus.corpus import Corpus
from pipeline.models.common.interface import RetrievalModel, TrainedModel
from pipeline.models.common.recipe import GradientRecipe
from pipeline.retrieval.metrics import corpus_ranks, lead_error, recall
from pipeline.training.batches import Batch, Batches, derived_seed
from pipeline.training.bert_adam import BertAdam, decay_groups
from pipeline.training.resume import load_state, save_state

Record = dict[str, Any]
LARGE_STEP = 128 * 128  # hidden units x videos a batch, from which on a second thread speeds a step up


def threads_of(recipe: GradientRecipe) -> int:
    """How many threads train on the CPU. Their number moves the last bits, so it depends on the recipe alone."""
    return 2 if recipe.hidden * recipe.batch_videos >= LARGE_STEP else 1


@dataclass
class Run:
    """Where training stands. A record of the history: epoch, steps so far, learning_rate of the epoch's last step, loss
    by name (means of the epoch), recall on the selection split by name, and of an epoch after epoch 0 lead_error, the
    standard error of its lead in SumR over that. Epoch 0 has no step, no rate and no loss.

    weights: the state dict of the best epoch; seconds: of training; start_ranks: (Q,) of epoch 0, selection split.
    """

    history: list[Record]
    weights: dict[str, Tensor]
    seconds: float
    start_ranks: Tensor | None = None

    @property
    def best(self) -> Record:
        """The first with the highest SumR of those that lead epoch 0 by more than the standard error; else epoch 0."""
        first, *others = self.history
        if first["epoch"]:  # a model that is solved has no epoch 0
            return best_of(self.history)
        start = first["recall"]["SumR"]
        clear = [record for record in others if record["recall"]["SumR"] - start > record["lead_error"]]
        return best_of(clear) if clear else first

    def summary(self) -> dict[str, float]:
        """The run in numbers; start_sumr: of epoch 0, which a solved model does not have."""
        first = self.history[0]
        return {
            "epochs_run": self.history[-1]["epoch"],
            "steps": self.history[-1]["steps"],
            "best_epoch": self.best["epoch"],
            "best_sumr": self.best["recall"]["SumR"],
            **({"start_sumr": first["recall"]["SumR"]} if first["epoch"] == 0 else {}),
            "seconds": round(self.seconds, 3),
        }

    def finished(self, recipe: GradientRecipe) -> bool:
        """Whether all epochs are done, or `patience_steps` steps brought no better SumR than an epoch of training had.

        Epoch 0 is left out: a start that is hard to beat gives no less time to beat it.
        """
        last, trained = self.history[-1], [record for record in self.history if record["epoch"]]
        if last["epoch"] >= recipe.epochs or not trained or recipe.patience_steps is None:
            return last["epoch"] >= recipe.epochs
        return last["steps"] - best_of(trained)["steps"] >= recipe.patience_steps


def best_of(records: list[Record]) -> Record:
    """The first of those with the highest SumR."""
    return max(records, key=lambda record: record["recall"]["SumR"])


def fit(
    model: TrainedModel,
    baselines: Sequence[dict[str, Tensor]],
    batches: Batches,
    selection: Corpus,
    recipe: GradientRecipe,
    seed: int,
    device: torch.device,
    state_file: Path,
    on_epoch: Callable[[Run], None],
) -> Run:
    """Train `model`, which is on `device`, and return the run with its best weights; `model` ends with the last.

    baselines: weights of which the best on the selection split are those of epoch 0.
    Continues from `state_file` where it exists, and leaves it: the caller removes it once the results are safe.
    on_epoch: called with the run after each epoch, 0 too, and once with what was resumed. Raises PipelineError for
    scores that are not numbers.
    """
    optimizer = BertAdam(
        decay_groups(model, recipe.weight_decay), recipe.learning_rate, recipe.epochs * batches.steps, recipe.warmup
    )
    if state := load_state(state_file, device):
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        run = Run(**state["run"])
    else:
        run = _epoch_0(model, baselines, selection, device)
    on_epoch(run)
    while not run.finished(recipe):
        started = time.monotonic()
        epoch = len(run.history)
        with threads(threads_of(recipe)):
            losses, rate = train_epoch(model, batches, optimizer, seed, epoch)
            ranks = corpus_ranks(model, selection, device)
        assert run.start_ranks is not None  # every run of this loop has an epoch 0
        run.history.append(
            {
                "epoch": epoch,
                "steps": epoch * batches.steps,
                "learning_rate": rate,
                "loss": losses,
                "recall": recall(ranks),
                "lead_error": lead_error(ranks, run.start_ranks, selection.labels),
            }
        )
        if run.best["epoch"] == epoch:
            run.weights = _copy(model)
        run.seconds += time.monotonic() - started
        save_state(state_file, {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "run": vars(run)})
        on_epoch(run)
    return run


def unfitted(
    model: RetrievalModel,
    baselines: Sequence[dict[str, Tensor]],
    selection: Corpus,
    device: torch.device,
    on_epoch: Callable[[Run], None],
) -> Run:
    """The run of a model that is not fitted at all: epoch 0 with its weights, and nothing after it."""
    run = _epoch_0(model, baselines, selection, device)
    on_epoch(run)
    return run


def _epoch_0(
    model: RetrievalModel, baselines: Sequence[dict[str, Tensor]], selection: Corpus, device: torch.device
) -> Run:
    started, start = time.monotonic(), _copy(model)
    found = []
    for weights in baselines:
        model.load_state_dict(weights)
        with threads(1):
            ranks = corpus_ranks(model, selection, device)
        record = {"epoch": 0, "steps": 0, "learning_rate": 0.0, "loss": {}, "recall": recall(ranks)}
        found.append(Run([record], _copy(model), 0.0, ranks))
    model.load_state_dict(start)
    best = max(found, key=lambda run: run.best["recall"]["SumR"])
    best.seconds = time.monotonic() - started
    return best


def _copy(model: RetrievalModel) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def train_epoch(
    model: TrainedModel, batches: Batches, optimizer: BertAdam, seed: int, epoch: int
) -> tuple[dict[str, float], float]:
    """One pass over the batches; returns the mean of each loss, and the learning rate of the last step."""
    torch.manual_seed(derived_seed(seed, "dropout", epoch))
    model.train()
    steps = []
    for batch in batches.epoch(seed, epoch):
        rate = optimizer.rate
        steps.append(train_step(model, batch, optimizer, epoch))
    means = torch.stack([torch.stack(list(losses.values())) for losses in steps]).mean(dim=0)
    return dict(zip(steps[0], means.tolist(), strict=True)), rate


def train_step(model: TrainedModel, batch: Batch, optimizer: BertAdam, epoch: int) -> dict[str, Tensor]:
    """One update; returns the losses, on the device. Nothing in it waits for the device."""
    device = batch.labels.device.type
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        encoding = model.encode_video(batch.videos)
        query = model.encode_query(batch.query, batch.query_mask)
    # The losses are differences of large exponents: float32 whatever the encoders ran in.
    encoding = type(encoding)(*(field.float() if field.is_floating_point() else field for field in encoding))
    losses = model.losses(query.float(), encoding, batch.labels, epoch)
    optimizer.zero_grad()
    losses["total"].backward()
    optimizer.step()
    return {name: loss.detach() for name, loss in losses.items()}
