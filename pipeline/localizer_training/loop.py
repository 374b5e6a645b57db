"""Trains a localizer: after each epoch it answers the queries of the selection split, and the best epoch is kept.

The order of the examples, their negatives and the dropout of an epoch derive from (seed, epoch), and the state is saved
after every epoch. So on the CPU, training that was killed and started again ends with the same bits as training that
was not.
Test: tests/localizer_training/test_loop.py.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from pipeline.core.runtime import threads
from pipeline.localizer_training.examples import Batch, Examples
from pipeline.localizers.common.interface import TrainedLocalizer
from pipeline.localizers.common.recipe import TrainedLocalizerRecipe
from pipeline.training.adamw import AdamW
from pipeline.training.batches import derived_seed
from pipeline.training.curves import Record
from pipeline.training.loop import LARGE_STEP
from pipeline.training.optimizer import decay_groups
from pipeline.training.resume import load_state, save_state

Select = Callable[[TrainedLocalizer], dict[str, float]]


@dataclass
class LocalizerState:
    """Where training stands: a record for each epoch, and the weights of the best one.

    history: of each epoch `epoch` (its number, from 1), `steps` (of the optimiser so far), `loss` (the mean of each
    loss by its name) and `selection` (what `select` measured, of which `chosen_by` decides). weights: the state dict of
    the best epoch. seconds: how long training took so far.
    """

    history: list[Record]
    weights: dict[str, Tensor]
    seconds: float

    @property
    def best(self) -> Record:
        """The record of the best epoch, the first of equal ones."""
        return max(self.history, key=lambda record: record["selection"]["chosen_by"])

    def finished(self, epochs: int, patience: int | None) -> bool:
        """Whether all epochs are done, or the last `patience` epochs were no better than those before."""
        last = self.history[-1]["epoch"] if self.history else 0
        return last >= epochs or bool(last and patience and last - self.best["epoch"] >= patience)


def threads_of(recipe: TrainedLocalizerRecipe) -> int:
    """How many threads train on the CPU, 1 or 2; it depends on the recipe alone, as the last bits of the weights do."""
    return 2 if recipe.hidden * recipe.batch_queries * (1 + recipe.negatives) >= LARGE_STEP else 1


def fit(
    network: TrainedLocalizer,
    examples: Examples,
    select: Select,
    seed: int,
    state_file: Path,
    on_epoch: Callable[[LocalizerState], None],
) -> LocalizerState:
    """Train `network`, where it is, and return the state that training ended in.

    select: measures the network on the selection split; the epoch with the largest `chosen_by` is kept. on_epoch:
    called with the state after each epoch, or once with the state that was resumed. Training continues from
    `state_file` where that exists, and leaves it there: the caller removes it once the results are safe.
    """
    recipe = network.recipe
    steps = recipe.epochs * examples.steps
    optimizer = AdamW(decay_groups(network, recipe.weight_decay), recipe.learning_rate, steps, recipe.warmup)
    state = LocalizerState([], {}, 0.0)
    if saved := load_state(state_file):
        network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        state = LocalizerState(**saved["training"])
        on_epoch(state)
    while not state.finished(recipe.epochs, recipe.patience_epochs):
        started, epoch = time.monotonic(), len(state.history) + 1
        with threads(threads_of(recipe)):
            losses = _train_epoch(network, examples, optimizer, seed, epoch)
            network.eval()
            selection = select(network)
        state.history.append({"epoch": epoch, "steps": epoch * examples.steps, "loss": losses, "selection": selection})
        if state.best["epoch"] == epoch:
            state.weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        state.seconds += time.monotonic() - started
        save_state(
            state_file,
            {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "training": vars(state)},
        )
        on_epoch(state)
    return state


def _train_epoch(
    network: TrainedLocalizer, examples: Examples, optimizer: AdamW, seed: int, epoch: int
) -> dict[str, float]:
    """Train on every batch once; return the mean of each loss."""
    torch.manual_seed(derived_seed(seed, "localizer dropout", epoch))
    network.train()
    steps = [train_step(network, batch, optimizer) for batch in examples.epoch(seed, epoch)]
    means = torch.stack([torch.stack(list(losses.values())) for losses in steps]).mean(dim=0)
    return dict(zip(steps[0], means.tolist(), strict=True))


def train_step(network: TrainedLocalizer, batch: Batch, optimizer: AdamW) -> dict[str, Tensor]:
    """Update the weights once; return the losses, still on the device."""
    device = batch.moment.device.type
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        losses = network.losses(*batch)
    optimizer.zero_grad()
    losses["total"].backward()
    optimizer.step()
    return {name: loss.detach() for name, loss in losses.items()}
