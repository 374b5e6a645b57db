"""The training loop: after each epoch the model ranks the selection split, and the weights of the best epoch are kept.

Epoch 0 is the baseline that training starts from. Its weights are kept unless a later epoch ranks the selection split
clearly better: a few videos more or less are no reason to leave a baseline. Training stops early where it no longer
helps. The order of the videos and the dropout of an epoch derive from (seed, epoch), and the state is saved after every
epoch. So on the CPU, training that was killed and started again ends with the same bits as training that was not,
whatever the number of cores.
Tests: tests/training/test_loop.py, test_resume.py.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline.core.runtime import threads
from pipeline.corpus.corpus import Corpus
from pipeline.models.common.interface import RetrievalModel, TrainedModel
from pipeline.models.common.recipe import GradientRecipe
from pipeline.retrieval.metrics import corpus_ranks, lead_error, recall
from pipeline.training.adamw import AdamW
from pipeline.training.batches import Batch, Batches, derived_seed
from pipeline.training.bert_adam import BertAdam
from pipeline.training.curves import Record
from pipeline.training.optimizer import Optimizer, decay_groups
from pipeline.training.resume import load_state, save_state

LARGE_STEP = 128 * 128  # hidden units x videos a batch, from which on a second thread speeds a step up


def optimizer_of(model: nn.Module, recipe: GradientRecipe, total_steps: int) -> Optimizer:
    """Make the optimiser that the recipe names, for all parameters of `model`; total_steps: how many are planned."""
    kind = {"bert_adam": BertAdam, "adamw": AdamW}[recipe.optimizer]
    return kind(decay_groups(model, recipe.weight_decay), recipe.learning_rate, total_steps, recipe.warmup)


def threads_of(recipe: GradientRecipe) -> int:
    """How many threads train on the CPU, 1 or 2.

    The number of threads changes the last bits of the weights, so it depends on the recipe alone, not on the machine.
    """
    return 2 if recipe.hidden * recipe.batch_videos >= LARGE_STEP else 1


@dataclass
class TrainingState:
    """Where training stands: what is known of every epoch so far, and the weights of the best one.

    history: a record for each epoch, with `epoch` (its number), `steps` (of the optimiser so far), `learning_rate` (of
    the epoch's last step), `loss` (the mean of each loss by its name) and `recall` (R@K and SumR on the selection
    split); an epoch after epoch 0 also has `lead_error`, the standard error of its lead in SumR over epoch 0. Epoch 0
    is the model before training: its steps and rate are 0, and its loss is empty.
    weights: the state dict of the best epoch. seconds: how long training took so far. start_ranks: (Q,) ranks of the
    selection split's queries in epoch 0, None for a model that has no epoch 0.
    """

    history: list[Record]
    weights: dict[str, Tensor]
    seconds: float
    start_ranks: Tensor | None = None

    @property
    def best(self) -> Record:
        """The record of the best epoch: the one with the highest SumR, the first of equal ones.

        Only epochs count that lead epoch 0 by more than the standard error of their lead; where none does, it is epoch
        0.
        """
        first, *others = self.history
        if first["epoch"]:  # a model that is solved has no epoch 0
            return best_of(self.history)
        start = first["recall"]["SumR"]
        clear = [record for record in others if record["recall"]["SumR"] - start > record["lead_error"]]
        return best_of(clear) if clear else first

    def summary(self) -> dict[str, float]:
        """Sum training up for training.json; `start_sumr`, that of epoch 0, is left out where there is no epoch 0."""
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
        """Whether all epochs are done, or the last `patience_steps` steps brought no better SumR than the steps before.

        Epoch 0 is left out: a start that is hard to beat gives no less time to beat it.
        """
        last, trained = self.history[-1], [record for record in self.history if record["epoch"]]
        if last["epoch"] >= recipe.epochs or not trained or recipe.patience_steps is None:
            return last["epoch"] >= recipe.epochs
        return last["steps"] - best_of(trained)["steps"] >= recipe.patience_steps


def best_of(records: list[Record]) -> Record:
    """Return the record with the highest SumR, the first of equal ones."""
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
    on_epoch: Callable[[TrainingState], None],
) -> TrainingState:
    """Train `model`, which is on `device`, by gradient descent, and return the state that training ended in.

    The best weights are in the state; `model` itself ends with those of the last epoch. baselines: state dicts to start
    from; the one that ranks the selection split best becomes epoch 0. on_epoch: called with the state after each epoch,
    epoch 0 too, or once with the state that was resumed. Training continues from `state_file` where that exists, and
    leaves it there: the caller removes it once the results are safe. Raises PipelineError for scores that are not
    numbers.
    """
    optimizer = optimizer_of(model, recipe, recipe.epochs * batches.steps)
    if saved := load_state(state_file):
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        state = TrainingState(**saved["training"])
    else:
        state = _epoch_0(model, baselines, selection, device)
    on_epoch(state)
    while not state.finished(recipe):
        started = time.monotonic()
        epoch = len(state.history)
        with threads(threads_of(recipe)):
            losses, rate = train_epoch(model, batches, optimizer, seed, epoch)
            ranks = corpus_ranks(model, selection, device)
        assert state.start_ranks is not None  # this loop always has an epoch 0
        state.history.append(
            {
                "epoch": epoch,
                "steps": epoch * batches.steps,
                "learning_rate": rate,
                "loss": losses,
                "recall": recall(ranks),
                "lead_error": lead_error(ranks, state.start_ranks, selection.labels),
            }
        )
        if state.best["epoch"] == epoch:
            state.weights = _copy(model)
        state.seconds += time.monotonic() - started
        save_state(
            state_file, {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "training": vars(state)}
        )
        on_epoch(state)
    return state


def unfitted(
    model: RetrievalModel,
    baselines: Sequence[dict[str, Tensor]],
    selection: Corpus,
    device: torch.device,
    on_epoch: Callable[[TrainingState], None],
) -> TrainingState:
    """Return the state of a model that is not fitted at all: epoch 0 with its weights, and nothing after it."""
    state = _epoch_0(model, baselines, selection, device)
    on_epoch(state)
    return state


def _epoch_0(
    model: RetrievalModel, baselines: Sequence[dict[str, Tensor]], selection: Corpus, device: torch.device
) -> TrainingState:
    started, start = time.monotonic(), _copy(model)
    found = []
    for weights in baselines:
        model.load_state_dict(weights)
        with threads(1):
            ranks = corpus_ranks(model, selection, device)
        record = {"epoch": 0, "steps": 0, "learning_rate": 0.0, "loss": {}, "recall": recall(ranks)}
        found.append(TrainingState([record], _copy(model), 0.0, ranks))
    model.load_state_dict(start)
    best = max(found, key=lambda state: state.best["recall"]["SumR"])
    best.seconds = time.monotonic() - started
    return best


def _copy(model: RetrievalModel) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def train_epoch(
    model: TrainedModel, batches: Batches, optimizer: Optimizer, seed: int, epoch: int
) -> tuple[dict[str, float], float]:
    """Train on every batch once; return the mean of each loss, and the learning rate of the last step."""
    torch.manual_seed(derived_seed(seed, "dropout", epoch))
    model.train()
    steps = []
    for batch in batches.epoch(seed, epoch):
        rate = optimizer.rate
        steps.append(train_step(model, batch, optimizer, epoch))
    means = torch.stack([torch.stack(list(losses.values())) for losses in steps]).mean(dim=0)
    return dict(zip(steps[0], means.tolist(), strict=True)), rate


def train_step(model: TrainedModel, batch: Batch, optimizer: Optimizer, epoch: int) -> dict[str, Tensor]:
    """Update the weights once; return the losses, still on the device. Nothing in a step waits for the device."""
    device = batch.labels.device.type
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        encoding = model.encode_video(batch.videos)
        query = model.encode_query(batch.query, batch.query_mask)
    # The losses are differences of large exponents: float32 whatever the encoders ran in.
    encoding = type(encoding)(*(field.float() if field.is_floating_point() else field for field in encoding))
    losses = model.losses(query.float(), encoding, batch.labels, batch.moment, epoch)
    optimizer.zero_grad()
    losses["total"].backward()
    optimizer.step()
    return {name: loss.detach() for name, loss in losses.items()}
