"""Draws the curves of training, under names that a reader knows. Test: tests/report/test_training.py."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.report import charts

TITLES = {
    "selection/SumR": "SumR on {split}",
    "selection/R1": "R@1 on {split}, in per cent",
    "train/loss": "Training loss",
    "learning_rate": "Learning rate",
}
"""The titles of the curves, in the order of the page; split: the one that selected the model."""


def training_charts(folder: Path, training: Mapping[str, Any], split: str | None) -> list[dict[str, Any]]:
    """Draw a chart for each curve of TITLES that is below `folder` and changes, the chosen epoch marked.

    training: what training.json holds; split: the one that selected the model.
    """
    chosen = training.get("best_epoch")
    mark = None if chosen is None else (float(chosen), f"chosen: {chosen}")
    found = []
    for name, title in TITLES.items():
        points = _points(folder / f"{name}.tsv")
        if len({value for _, value in points}) > 1:
            title = title.format(split=split)
            found.append(charts.line_chart(title, "epoch", {title: points}, mark=mark))
    return found


def choice(training: Mapping[str, Any]) -> str | None:
    """Say which epoch was kept, None where the model was not trained epoch by epoch."""
    if "best_epoch" not in training:
        return None
    best, run = training["best_epoch"], training["epochs_run"]
    if best == 0:
        return f"Of {run:,} epochs none was clearly better than the start (epoch 0), so that the start was kept."
    return f"Of {run:,} epochs the model of epoch {best:,} was kept."


def _points(path: Path) -> list[charts.Point]:
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file, delimiter="\t")
    return [(float(step), float(value)) for step, value in rows]
