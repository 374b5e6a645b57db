"""Writes groups of runs as a table for a terminal, or in Markdown for a paper.

Test: tests/experiments/test_compared.py.
"""

import json
import statistics
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from experiments.compared import Group
from experiments.markdown import table_lines
from experiments.settings import PARAMS
from experiments.table import mean_and_deviation

METRICS = ("SumR", "R@1", "R@5", "R@10", "R@100", "mIoU", "val SumR")
_GAP = "  "
_NARROWEST = 24
"""Characters that a column of words has at least."""


def terminal_table(groups: Sequence[Group], width: int) -> Iterator[str]:
    """Write the lines of a table, SumR first: the means, of SumR the deviation too; what was changed, wrapped.

    width: characters that a line has at most, where the words of the last two columns can be wrapped to it.
    """
    shared = shared_changes(groups)
    shown = [name for name in METRICS if any(group.values(name) for group in groups)]
    head = [*shown, "runs"]
    rows = [[*(_short(name, group) for name in shown), str(len(group.runs))] for group in groups]
    chance = statistics.mean(groups[0].values("chance SumR"))
    rows.append([f"{chance:.1f}", *[""] * (len(head) - 1)])
    names = ["experiment", *(group.name for group in groups), "a random ranking"]
    changed = ["changes", *(_changes(group, shared) for group in groups), ""]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    left = width - sum(widths) - len(_GAP) * (len(widths) + 1)
    of_names = min(max(map(len, names)), max(left // 2, _NARROWEST))
    of_changes = max(left - of_names, _NARROWEST)
    for cells, name, words in zip([head, *rows], names, changed, strict=True):
        numbers = _GAP.join(cell.rjust(size) for cell, size in zip(cells, widths, strict=True))
        first, second = (textwrap.wrap(text, size) or [""] for text, size in ((name, of_names), (words, of_changes)))
        for number in range(max(len(first), len(second))):
            start = numbers if number == 0 else " " * len(numbers)
            parts = [column[number] if number < len(column) else "" for column in (first, second)]
            yield f"{start}{_GAP}{parts[0].ljust(of_names)}{_GAP}{parts[1]}".rstrip()


def markdown_table(groups: Sequence[Group]) -> Iterator[str]:
    """Write the lines of a table in Markdown: of each metric the mean ± the sample deviation over the runs."""
    shared = shared_changes(groups)
    shown = [name for name in METRICS if any(group.values(name) for group in groups)]
    rows = [
        [_cell(group.name), _cell(_changes(group, shared)), len(group.runs)]
        + [mean_and_deviation(group.values(name), 1) for name in shown]
        for group in groups
    ]
    chance = statistics.mean(groups[0].values("chance SumR"))
    rows.append(["a random ranking", "", "", f"{chance:.1f}", *[""] * (len(shown) - 1)])
    yield from table_lines(["experiment", "changes", "runs", *shown], rows)


def heading(dataset: str, groups: Sequence[Group]) -> str:
    """Name the data set of a table, and the changes that all its runs share."""
    shared = {name: value for name, value in shared_changes(groups).items() if name != "dataset"}
    return f"{dataset}, all with {_written(shared)}" if shared else dataset


def shared_changes(groups: Sequence[Group]) -> dict[str, Any]:
    """Select the changes that all groups have."""
    first, *others = (group.changes for group in groups)
    return {
        name: value
        for name, value in first.items()
        if all(name in changes and changes[name] == value for changes in others) and (others or name == "dataset")
    }


def warnings(groups: Sequence[Group]) -> Iterator[str]:
    """Say which numbers mean less than they seem to, and which are not to be compared with the others."""
    said = {
        "selected on the split that is reported": lambda metrics, _: metrics["selected on reported split"],
        "with backbones of random weights": lambda metrics, _: metrics["random weights"],
        "with test videos that are in train or val too": lambda metrics, _: metrics.get("leaked test videos"),
        "control run, its training queries given to other videos": lambda _, params: params["train"]["shuffle_queries"],
    }
    for words, holds in said.items():
        named = [group.name for group in groups if any(holds(run.metrics, run.settings[PARAMS]) for run in group.runs)]
        if named:
            yield f"{words}: {'all' if len(named) == len(groups) else ', '.join(named)}"


def _short(metric: str, group: Group) -> str:
    text = mean_and_deviation(group.values(metric), 1)
    return text if metric == "SumR" else text.partition(" ±")[0]


def _changes(group: Group, shared: Mapping[str, Any]) -> str:
    return _written({name: value for name, value in group.changes.items() if name not in shared})


def _written(changes: Mapping[str, Any]) -> str:
    values = {name: value if isinstance(value, str) else json.dumps(value) for name, value in changes.items()}
    return " ".join(f"{name}={value}" for name, value in values.items())


def _cell(name: str) -> str:
    return name.replace("|", "\\|")
