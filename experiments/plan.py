"""Reads a plan of runs: which parameters and hyperparameters each named run changes.

Test: tests/experiments/test_plan.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.settings import Settings, changed, recipe_changes
from pipeline.core.errors import PipelineError
from pipeline.core.files import read_yaml
from pipeline.localizers.common.recipe import LOCALIZERS

KEYS = {"model", "recipe", "values", "localizer", "localizer_values", "set", "seeds"}


@dataclass(frozen=True)
class Run:
    """A row of a table: a model and a localizer with their settings, of which one experiment is made for each seed.

    changes: the parameters that differ from the project's, by the names of `dvc exp run -S`.
    """

    name: str
    group: str
    changes: dict[str, Any]
    seeds: tuple[int, ...]

    def experiments(self) -> dict[str, dict[str, Any]]:
        """Map the name of each experiment of the run to the changes that it makes."""
        return {f"{self.name}-seed{seed}": {**self.changes, "train.seed": seed} for seed in self.seeds}


def read_plan(path: Path | str, settings: Settings) -> list[Run]:
    """Read the runs of the plan `path`, in their order; settings: those of the project, which the runs change.

    All runs of a plan are of one data set. Raises PipelineError for keys, parameters and recipes that do not exist.
    """
    document = read_yaml(path, absent="restore it from git")
    shared, runs = {"dataset": document["dataset"], **document.get("set", {})}, []
    for group, named in document["groups"].items():
        for name, run in named.items():
            if unknown := set(run) - KEYS:
                raise PipelineError(
                    f"`{name}` has an unknown key: {sorted(unknown)[0]}",
                    where=path,
                    fix=f"use {', '.join(sorted(KEYS))}",
                )
            seeds = tuple(run.get("seeds", document["seeds"]))
            chosen = {key: run[key] for key in ("model", "recipe", "localizer") if key in run}
            changes = {**shared, **chosen, **run.get("set", {})}
            used = changed(settings, changes)
            changes |= recipe_changes(used, run.get("values", {}))
            changes |= recipe_changes(used, run.get("localizer_values", {}), LOCALIZERS)
            changed(settings, changes)  # raises for values that the recipes do not have
            runs.append(Run(name, group, changes, seeds))
    return runs


def chosen(runs: Sequence[Run], names: Sequence[str], where: Path | str) -> list[Run]:
    """Choose the runs with these names or in these groups; all where none is named.

    where: the file of the plan, for errors. Raises PipelineError for an unknown name.
    """
    for name in names:
        if not any(name in (run.name, run.group) for run in runs):
            known = ", ".join([*dict.fromkeys(run.group for run in runs), *(run.name for run in runs)])
            raise PipelineError(f"there is no run or group `{name}`", where=where, fix=f"use one of: {known}")
    return [run for run in runs if not names or run.name in names or run.group in names]
