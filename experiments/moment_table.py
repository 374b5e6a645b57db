"""Makes the table of the moments that the runs of a plan find: mIoU, and R@K within a video and over all videos.

Test: tests/experiments/test_moment_table.py.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from experiments.markdown import table_lines
from experiments.plan import Run
from experiments.runs import Experiment, matching
from experiments.settings import PARAMS, Settings, changed
from experiments.table import Results, mean_and_deviation
from pipeline.evaluation.bootstrap import intervals, paired

# Heading, task and key of a column, as details.json names them.
COLUMNS = [
    ("mIoU", "SVMR", "mIoU"),
    *(
        (f"{task} R@{k} IoU={level}", task, f"{level}-r{k}")
        for task in ("SVMR", "VCMR")
        for level in (0.5, 0.7)
        for k in (1, 5)
    ),
    *((f"VCMR R@{k} IoU=0.7", "VCMR", f"0.7-r{k}") for k in (10, 100)),
]
OF_TYPES = [("R@1", "VR", "r1"), ("VCMR R@1 IoU=0.7", "VCMR", "0.7-r1")]
"""The same for the queries of each type, where a data set has types."""
FROM_RANKINGS = ("mIoU [95 %]", "- own moments [95 %]")


def moment_table(
    runs: Sequence[Run],
    settings: Settings,
    found: Sequence[Experiment],
    guesses: Mapping[str, Mapping[str, str]],
    read: Callable[[Experiment], Results],
) -> str:
    """Write one table of all runs; it is empty where no experiment has measured moments.

    The arguments are those of `experiments.table.render`. The last column compares the mIoU of a localizer with that of
    the moments which the same retriever finds by itself, on the same queries.
    """
    results = {run.name: [read(experiment) for experiment in matching(run, settings, found).values()] for run in runs}
    tasks = [result.split["tasks"] for of_run in results.values() for result in of_run]
    if not any("SVMR" in task for task in tasks):
        return ""
    columns = [*COLUMNS, *_of_types(tasks)]
    headings = [*(heading for heading, *_ in columns), *FROM_RANKINGS]
    rows = [[name, *(guess.get(heading, "") for heading in headings)] for name, guess in guesses.items()]
    for run in runs:
        of_run = results[run.name]
        own = next((other for other in runs if _is_own(other, run, settings)), None)
        cells = [_cell([result.split["tasks"] for result in of_run], task, key) for _, task, key in columns]
        rows.append([run.name, *cells, *_from_rankings(of_run, results[own.name] if own and own != run else [])])
    return "\n".join(["", "**moments**", "", *table_lines(["run", *headings], rows)])


def _of_types(tasks: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """List the columns of each type of query that occurs."""
    ranked = [key for task in tasks for key in task.get("VR_by_type", {})]
    kinds = dict.fromkeys(key.removesuffix("-r1") for key in ranked if key.endswith("-r1"))
    return [
        (f"{kind}: {heading}", f"{task}_by_type", f"{kind}-{key}") for kind in kinds for heading, task, key in OF_TYPES
    ]


def _is_own(other: Run, run: Run, settings: Settings) -> bool:
    """Tell whether `other` is the retriever of `run` with the moments that it finds by itself."""
    by_itself = changed(settings, other.changes)[PARAMS]["localizer"] == "moments"
    return by_itself and _retriever(other) == _retriever(run)


def _retriever(run: Run) -> dict[str, Any]:
    of_localizer = ("localizer", "recipes/localizers/")
    return {name: value for name, value in run.changes.items() if not name.startswith(of_localizer)}


def _cell(tasks: Sequence[Mapping[str, Any]], task: str, key: str) -> str:
    values = [one[task][key] for one in tasks if key in one.get(task, {})]
    return mean_and_deviation(values, 1)


def _from_rankings(results: Sequence[Results], own: Sequence[Results]) -> list[str]:
    """Make the cells of the columns FROM_RANKINGS."""
    ranked = [result.rankings for result in results]
    if not ranked or "mIoU" not in (of_run := intervals(*ranked)):
        return ["", ""]
    _, low, high = of_run["mIoU"]
    interval = f"{low:.1f} to {high:.1f}"
    if not own:
        return [interval, ""]
    difference, low, high = paired(ranked, [result.rankings for result in own])["mIoU"]
    return [interval, f"{difference:+.1f} [{low:+.1f}, {high:+.1f}]"]
