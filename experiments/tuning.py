"""Trains every setting of experiments/tuning.yaml on the folds: every model has as many tries, on the same videos.

    python -m experiments.tuning --results tuning.jsonl

It adds a line for each setting to the file of results, and skips settings that are there. So it continues where it was
stopped, and several models can be tried side by side (`--model`). At the end it prints a table of all results.
 Test: tests/experiments/test_tuning.py.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from experiments.folds import trained_on
from experiments.markdown import table_lines
from experiments.settings import changed, read_settings, recipe_changes
from pipeline.core.cli import run
from pipeline.core.files import read_jsonl, read_yaml
from pipeline.ops import keep_memory

SETTINGS, DATASET, FOLDS = Path(__file__).with_name("tuning.yaml"), "pack", (0, 1)
EVERY = "every"


def main() -> None:
    keep_memory()
    parser = argparse.ArgumentParser(prog="python -m experiments.tuning", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model",
        choices=models(),
        action="append",
        help="may be given several times (default: all, one after the other)",
    )
    parser.add_argument("--results", type=Path, required=True, help="file of results, one JSON object a line")
    options = parser.parse_args()
    there = read_results(options.results)
    for model in options.model or models():
        for name, changes in settings(model).items():
            if (model, name) not in there:
                add_result(options.results, model, name, changes)
    print(table(read_results(options.results)))


def models() -> list[str]:
    """List the models that have settings."""
    return [name for name in _document() if name != EVERY]


def settings(model: str) -> dict[str, dict[str, Any]]:
    """Map the name of each setting of a model to what it changes, by the names of `dvc exp run -S`."""
    document, found = _document(), {}
    base = {"dataset": DATASET, "model": model}
    project = changed(read_settings(), base)
    for name, setting in {**document[EVERY], **document[model]}.items():
        parameters = {key: value for key, value in setting.items() if "." in key}
        values = {key: value for key, value in setting.items() if key not in parameters}
        found[name] = base | parameters | recipe_changes(project, values)
    return found


def add_result(results: Path, model: str, name: str, changes: dict[str, Any]) -> None:
    """Train a setting on each fold and add its line to the file."""
    trained = [trained_on(fold, changes) for fold in FOLDS]
    line: dict[str, Any] = {
        "model": model,
        "setting": name,
        "changes": changes,
        "sumr": [sumr for sumr, _, _ in trained],
    }
    with results.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line) + "\n")
    print(f"{model} {name}: SumR {statistics.mean(line['sumr']):.1f}", flush=True)


def read_results(results: Path) -> dict[tuple[str, str], list[float]]:
    """Read the SumR on each fold, by model and setting; empty where the file does not exist."""
    lines = read_jsonl(results) if results.exists() else []
    return {(line["model"], line["setting"]): line["sumr"] for line in lines}


def table(found: dict[tuple[str, str], list[float]]) -> str:
    """Write a table in Markdown of the mean SumR of the folds: a row a setting, a column a model."""
    rows = []
    for name in dict.fromkeys(name for tried in _document().values() for name in tried):
        means = [f"{statistics.mean(found[model, name]):.1f}" if (model, name) in found else "" for model in models()]
        rows.append([name, *means])
    return "\n".join(table_lines(["setting", *models()], rows))


def _document() -> dict[str, dict[str, dict[str, Any]]]:
    return read_yaml(SETTINGS, absent="restore it from git")


if __name__ == "__main__":
    run(main)
