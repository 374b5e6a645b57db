"""Groups finished experiments that differ in nothing but their seed, and says what each group changed.

Test: tests/experiments/test_compared.py.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.runs import Experiment
from experiments.settings import PARAMS, Settings, recipe_in_use
from pipeline.core.files import canonical_json
from pipeline.core.flat import flat
from pipeline.localizers.common.recipe import LOCALIZERS
from pipeline.models.common.recipe_file import MODELS

NOT_COMPARED = ("train.seed", "source", "report", "decode.deadline_floor", "decode.deadline_factor")
"""Parameters, and sections, in which the runs of a group may differ: no score depends on them, the seed's apart."""
_SEED = re.compile(r"[-_. ]?(seed)?[-_. ]?\d+$")
"""The end of a name that tells the runs of a group apart."""


@dataclass(frozen=True)
class Group:
    """Runs that differ in their seed alone.

    changes: in what they differ from the reference, values by the names of `dvc exp run -S`; of the recipes in use only
    the key is named.
    """

    names: tuple[str, ...]
    changes: Mapping[str, Any]
    runs: tuple[Experiment, ...]

    @property
    def name(self) -> str:
        """What is before the seed in the names of all runs, where that is the same; else the names."""
        if len(self.names) == 1:
            return self.names[0]
        stems = {_SEED.sub("", name) for name in self.names}
        return stems.pop() if len(stems) == 1 and all(stems) else ", ".join(self.names)

    def values(self, metric: str) -> list[float]:
        """List what the runs have of a metric."""
        return [run.metrics[metric] for run in self.runs if metric in run.metrics]


def tables(found: Sequence[Experiment], reference: Settings) -> dict[tuple[str, str], list[Group]]:
    """Sort experiments into tables of one data set and the same files, of groups with the best SumR first.

    reference: the settings that changes are told from. Experiments without SumR, which had no queries, are left out, as
    are those that repeat another, with the same seed and scores.
    """
    measured = [run for run in found if "SumR" in run.metrics]
    result = {}
    for runs in _grouped(measured, _files):
        groups = [
            Group(tuple(run.name for run in same), changes(same[0].settings, reference), tuple(same))
            for same in map(_once, _grouped(runs, lambda run: canonical_json(changes(run.settings, reference))))
        ]
        result[_files(runs[0])] = sorted(groups, key=lambda group: -sum(group.values("SumR")) / len(group.runs))
    return result


def _files(run: Experiment) -> tuple[str, str]:
    return run.settings[PARAMS]["dataset"], run.source


def comparable(run: Experiment) -> bool:
    """Return whether the run is of a version that says which recipes it took."""
    return {"recipe", "localizer", "localizer_recipe"} <= set(run.settings[PARAMS])


def changes(settings: Settings, reference: Settings) -> dict[str, Any]:
    """List what differs between the values that a run has and those of the reference.

    Recipes are compared with the one that the reference would take for the run's model and localizer.
    """
    own, others = dict(flat(settings[PARAMS])), dict(flat(reference[PARAMS]))
    as_chosen = {**reference, PARAMS: {**reference[PARAMS], **_choices(settings[PARAMS])}}
    for files in (MODELS, LOCALIZERS):
        for values, of in ((own, settings), (others, as_chosen)):
            path, name = recipe_in_use(of, files)
            prefix = "" if files is MODELS else f"{files.kind}."
            values.update({f"{prefix}{key}": value for key, value in of[path][name].items()})
    different = {name: own.get(name) for name in {**own, **others} if own.get(name) != others.get(name)}
    return {name: value for name, value in different.items() if not _not_compared(name)}


def _once(runs: Sequence[Experiment]) -> list[Experiment]:
    """Keep the first run of each seed and scores: a second one would make the deviation smaller than it is."""
    first: dict[str, Experiment] = {}
    for run in runs:
        first.setdefault(canonical_json([run.settings[PARAMS]["train"]["seed"], run.metrics]), run)
    return list(first.values())


def _choices(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: params[name] for name in ("dataset", "model", "recipe", "localizer", "localizer_recipe")}


def _not_compared(name: str) -> bool:
    return name in NOT_COMPARED or name.partition(".")[0] in NOT_COMPARED


def _grouped(runs: Sequence[Experiment], key: Callable[[Experiment], Any]) -> list[list[Experiment]]:
    """Group runs by a key; groups and runs keep their order."""
    groups: dict[Any, list[Experiment]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    return list(groups.values())
