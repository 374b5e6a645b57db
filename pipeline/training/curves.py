"""Shows how training goes: curves in files, which DVCLive writes, and a line on stderr, at most one a second.

The curves hold the whole history, of the epochs before a resume too, and no times: equal training writes equal files.
Test: tests/training/test_curves.py.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from dvclive import Live
from scmrepo.exceptions import SCMError

from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_path
from pipeline.training.loop import Record, TrainingState

CURVES = ("train/loss", "selection/SumR", "selection/R1", "learning_rate")
"""The curves of a retriever's training; that of the loss starts at epoch 1."""
Points = Callable[[Record], dict[str, float]]


def points(record: Record) -> dict[str, float]:
    """Read the points of the CURVES from the record of an epoch."""
    return {
        **({"train/loss": record["loss"]["total"]} if record["loss"] else {}),
        "selection/SumR": record["recall"]["SumR"],
        "selection/R1": record["recall"]["R@1"],
        "learning_rate": record["learning_rate"],
    }


class Curves:
    """Writes the curves of training, a row an epoch, as tables below `folder`/plots/metrics.

    curves: their names, which are those of the files; points: reads the points of an epoch from its record. The last
    row of each is in `folder`/metrics.json. What was in `folder` is removed. Raises PipelineError in a Git repository
    without a commit, where DVCLive cannot start.
    """

    def __init__(self, folder: Path | str, curves: Sequence[str] = CURVES, points: Points = points):
        # `Live.end` is never called: inside `dvc exp run` it would add the folder to Git.
        try:
            self._live = Live(str(folder), save_dvc_exp=False, dvcyaml=None)
        except SCMError as error:
            raise PipelineError(f"DVCLive cannot read Git: {error}", fix="make a first commit: git commit") from None
        self._folder, self._written, self._curves, self._points = Path(folder), 0, curves, points

    def end(self) -> None:
        """Write curves without a point, such as the loss of a model that is not fitted, as tables without rows."""
        for curve in self._curves:
            path = self._folder / "plots" / "metrics" / f"{curve}.tsv"
            if not path.exists():
                with atomic_path(path) as temporary:
                    temporary.write_text(f"step\t{path.stem}\n")

    def __call__(self, history: Sequence[Record]) -> None:
        """Write the epochs of the history that are not yet written."""
        for record in history[self._written :]:
            self._live.step = record["epoch"]
            for name, value in self._points(record).items():
                self._live.log_metric(name, value)
        if history[-1]["loss"]:  # a summary of epoch 0 alone would set the order of its names for all that follow
            self._live.make_summary()
        self._written = len(history)


class Progress:
    """Prints epoch, loss, SumR and the time left at most, at most once a second and at the end."""

    def __init__(self, epochs: int):
        self._epochs = epochs
        self._printed = float("-inf")

    def __call__(self, state: TrainingState) -> None:
        """Print where training stands, unless it did less than a second ago."""
        if time.monotonic() - self._printed >= 1:
            self.last(state)

    def last(self, state: TrainingState) -> None:
        """Print where training stands."""
        self._printed = time.monotonic()
        record, best = state.history[-1], state.best
        if not record["loss"]:
            print(f"epoch 0  SumR {record['recall']['SumR']:.1f}", file=sys.stderr, flush=True)
            return
        left = state.seconds / record["epoch"] * (self._epochs - record["epoch"])
        print(
            f"epoch {record['epoch']}/{self._epochs}  loss {record['loss']['total']:.4f}  "
            f"SumR {record['recall']['SumR']:.1f} (best {best['recall']['SumR']:.1f}, epoch {best['epoch']})  "
            f"at most {left:.0f} s left",
            file=sys.stderr,
            flush=True,
        )

    def end(self, state: TrainingState) -> None:
        """Print where training ended, and whether it was of no use."""
        self.last(state)
        if state.best["epoch"] == 0 < state.history[-1]["epoch"]:
            print(
                "train: no epoch ranks the selection split clearly better than the start, whose weights are kept",
                file=sys.stderr,
                flush=True,
            )
