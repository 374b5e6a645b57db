"""A plan of runs: which parameters each named run changes, worked out from params.yaml, never written twice.

Test: tests/benchmarks/test_plan.py.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_yaml

KEYS = {"model", "recipe", "set", "seeds"}


@dataclass(frozen=True)
class Run:
    """A named row of a table: the parameters it changes, by dotted name, and the seeds it is run with."""

    name: str
    group: str
    changes: dict[str, Any]
    seeds: tuple[int, ...]

    def experiments(self) -> dict[str, dict[str, Any]]:
        """The changes of each experiment of the run, by the experiment's name."""
        return {f"{self.name}-seed{seed}": {**self.changes, "train.seed": seed} for seed in self.seeds}


def read_plan(path: Path | str, params: Mapping[str, Any]) -> list[Run]:
    """The runs of a plan, in its order; params: the content of params.yaml. Raises PipelineError for unknown keys."""
    document = read_yaml(path, absent="restore it from git")
    dataset, runs = document["dataset"], []
    for group, named in document["groups"].items():
        for name, run in named.items():
            if unknown := set(run) - KEYS:
                raise PipelineError(
                    f"`{name}` has an unknown key: {sorted(unknown)[0]}",
                    where=path,
                    fix=f"use {', '.join(sorted(KEYS))}",
                )
            seeds = tuple(run.get("seeds", document["seeds"]))
            changes = {"dataset": dataset, "model": run["model"], **run.get("set", {})}
            taken = recipe_changes(params, run["model"], dataset, run["recipe"]) if "recipe" in run else {}
            runs.append(Run(name, group, {**taken, **changes}, seeds))
    return runs


def recipe_changes(params: Mapping[str, Any], model: str, to: str, source: str) -> dict[str, Any]:
    """What makes the recipe of `model` on the data set `to` that of `source`: the keys in which the two differ."""
    recipes = params["recipes"][model]
    return {f"recipes.{model}.{to}.{key}": value for key, value in recipes[source].items() if recipes[to][key] != value}


def chosen(runs: Sequence[Run], names: Sequence[str], where: Path | str) -> list[Run]:
    """The runs of these names or groups, all of them where none is named. Raises PipelineError for an unknown name."""
    for name in names:
        if not any(name in (run.name, run.group) for run in runs):
            known = ", ".join([*dict.fromkeys(run.group for run in runs), *(run.name for run in runs)])
            raise PipelineError(f"there is no run or group `{name}`", where=where, fix=f"use one of: {known}")
    return [run for run in runs if not names or run.name in names or run.group in names]


def changed(params: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the parameters with the changes made. Raises PipelineError for a parameter that does not exist."""
    document = json.loads(json.dumps(params))
    for name, value in changes.items():
        *sections, key = name.split(".")
        inner = document
        for section in sections:
            inner = inner.get(section, {})
        if key not in inner:
            raise PipelineError(f"there is no parameter `{name}`", where="params.yaml", fix="mend the plan of the runs")
        inner[key] = value
    return document
