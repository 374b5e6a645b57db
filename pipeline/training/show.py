"""Shows how training goes: the points of its curves, and a line on stderr, at most one a second.

Test: tests/training/test_show.py.
"""

import sys
import time

from pipeline.training.curves import Record
from pipeline.training.loop import TrainingState

CURVES = ("train/loss", "selection/SumR", "selection/R1", "learning_rate")
"""The curves of a retriever's training; that of the loss starts at epoch 1."""


def points(record: Record) -> dict[str, float]:
    """Read the points of the CURVES from the record of an epoch."""
    return {
        **({"train/loss": record["loss"]["total"]} if record["loss"] else {}),
        "selection/SumR": record["recall"]["SumR"],
        "selection/R1": record["recall"]["R@1"],
        "learning_rate": record["learning_rate"],
    }


class EpochLines:
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
