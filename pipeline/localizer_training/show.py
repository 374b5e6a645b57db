"""Shows how the training of a localizer goes, by a line on stderr after each epoch.

Test: tests/localizer_training/test_show.py.
"""

import sys

from pipeline.localizer_training.loop import LocalizerState


def progress(state: LocalizerState, epochs: int) -> None:
    """Print where training stands."""
    record, best = state.history[-1], state.best
    left = state.seconds / record["epoch"] * (epochs - record["epoch"])
    print(
        f"epoch {record['epoch']}/{epochs}  loss {record['loss']['total']:.4f}  "
        f"mIoU {record['selection']['SVMR mIoU']:.1f} "
        f"(best {best['selection']['SVMR mIoU']:.1f}, epoch {best['epoch']})  "
        f"at most {left:.0f} s left",
        file=sys.stderr,
        flush=True,
    )
