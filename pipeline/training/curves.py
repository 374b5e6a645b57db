"""Shows how training goes: curves in files, and a line on stderr, at most one a second.

The curves hold the whole history, of the epochs before a resume too, and no times: equal training writes equal files.
Each file is written whole, so what it held before is not changed where DVC's cache or another run has it too.
Test: tests/training/test_curves.py.
"""

import shutil
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

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
    """Writes the curves of training as tables below `folder`/plots/metrics, a row an epoch.

    curves: their names, which are those of the files; points: reads the points of an epoch from its record. What was in
    `folder` is removed.
    """

    def __init__(self, folder: Path | str, curves: Sequence[str] = CURVES, points: Points = points):
        self._folder, self._points = Path(folder) / "plots" / "metrics", points
        self._rows = {curve: [f"step\t{Path(curve).name}"] for curve in curves}
        self._epochs = 0
        shutil.rmtree(folder, ignore_errors=True)

    def end(self) -> None:
        """Write curves without a point, such as the loss of a model that is not fitted, as tables without rows."""
        self._write(curve for curve, rows in self._rows.items() if len(rows) == 1)

    def __call__(self, history: Sequence[Record]) -> None:
        """Write the epochs of the history that are not yet written."""
        changed = set()
        for record in history[self._epochs :]:
            for curve, value in self._points(record).items():
                self._rows[curve].append(f"{record['epoch']}\t{value}")
                changed.add(curve)
        self._epochs = len(history)
        self._write(sorted(changed))

    def _write(self, curves: Iterable[str]) -> None:
        for curve in curves:
            with atomic_path(self._folder / f"{curve}.tsv") as temporary:
                temporary.write_text("\n".join(self._rows[curve]) + "\n", encoding="utf-8")


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
