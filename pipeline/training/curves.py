"""Writes the curves of a training into files, which hold the whole history, of the epochs before a resume too.

They hold no times: equal training writes equal files. Each file is written whole, so what it held before is not changed
where DVC's cache or another run has it too. Test: tests/training/test_curves.py.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from pipeline.core.files import atomic_path

Record = dict[str, Any]
"""What is known of an epoch, at least its number, `epoch`."""


class Curves:
    """Writes the curves of training as tables below `folder`/plots/metrics, a row an epoch.

    curves: their names, which are those of the files; points: reads the points of an epoch from its record. What was in
    `folder` is removed.
    """

    def __init__(self, folder: Path | str, curves: Sequence[str], points: Callable[[Record], dict[str, float]]):
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
