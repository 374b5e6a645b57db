"""Makes tables of runs in Markdown: means and deviations over seeds, intervals over test videos, what is missing.

Test: tests/experiments/test_table.py.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from experiments.markdown import table_lines
from experiments.plan import Run
from experiments.runs import Experiment, matching
from experiments.settings import Settings
from pipeline.evaluation.bootstrap import Rows, intervals, paired
from pipeline.evaluation.summary import MOMENT_KEYS

# Heading of a column; where its number is, among an experiment's metrics or in cost.json; its key there, and decimals.
COLUMNS = [
    *((key, "metrics", key, 1) for key in ("SumR", "R@1", "R@5", "R@10", "R@100", *MOMENT_KEYS, "val SumR")),
    ("parameters", "costs", "parameters", 0),
    ("training s", "costs", "training seconds", 0),
    ("ms a query", "costs", "query milliseconds", 2),
]
LEVELS = (0.5, 0.7)
"""The IoU of the moments in the rows of what knows nothing."""
FROM_FILES = ("own mIoU", "SumR [95 %]", "- cca [95 %]")
"""The columns whose numbers are computed from what an experiment wrote, and are not among its metrics."""


class Results(NamedTuple):
    """What an experiment wrote: details.json, the rows of rankings_*.jsonl of the reported split, and cost.json."""

    details: Mapping[str, Any]
    rankings: Rows
    costs: Mapping[str, float]

    @property
    def split(self) -> Mapping[str, Any]:
        """What details.json says of the reported split."""
        return self.details["splits"][self.details["reported_split"]]


def render(
    runs: Sequence[Run],
    settings: Settings,
    found: Sequence[Experiment],
    guesses: Mapping[str, Mapping[str, str]],
    read: Callable[[Experiment], Results],
) -> str:
    """Write a table for each group of runs, then which commits and files the experiments are of, and which are missing.

    settings: those of the project, which the runs change. found: the experiments to take. guesses: the first rows of
    each table, which need no run: cells by row and heading. read: a function that returns what an experiment wrote. The
    last column compares each run with the first run of the linear baseline on the same videos.
    """
    lines, missing, baselines, sources = [], [], set(), set()
    linear = next((run for run in runs if run.changes["model"] == "cca"), None)
    baseline = [read(experiment) for experiment in matching(linear, settings, found).values()] if linear else []
    headings = [*(heading for heading, *_ in COLUMNS), *FROM_FILES]
    for group in dict.fromkeys(run.group for run in runs):
        rows = [[name, *(guess.get(heading, "") for heading in headings)] for name, guess in guesses.items()]
        for run in (run for run in runs if run.group == group):
            there = matching(run, settings, found)
            missing += [name for name in run.experiments() if name not in there]
            baselines |= {experiment.baseline[:7] for experiment in there.values()}
            sources |= {experiment.source[:7] for experiment in there.values()}
            results = [read(experiment) for experiment in there.values()]
            of_files = _from_files(results, [] if run == linear else baseline)
            rows.append([run.name, *_cells(there.values(), results), *of_files])
        lines += [f"**{group}**", "", *table_lines(["run", *headings], rows), ""]
    commits, source = ", ".join(sorted(baselines)) or "no commit", ", ".join(sorted(sources)) or "none"
    lines.append(
        "Means ± sample deviations over the seeds, of costs the means. `own mIoU` is of what the model retrieves by "
        "itself, without a window. Intervals are over resampled test videos: of the seeds' mean, and of what "
        f"it is above cca on the same videos. Experiments on {commits}. Files: {source}."
    )
    if missing:
        lines += ["", f"Missing experiments: {', '.join(missing)}"]
    return "\n".join(lines)


def guess_rows(details: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Make the rows of two answers that know nothing, from what details.json of any run holds.

    Both rank at random; one answers with the whole video, the other with the one span, as shares of the video, that is
    best on the training queries.
    """
    split = details["splits"][details["reported_split"]]
    constant = _guessed(split["constant_span"], split["chance"])
    return {"chance, whole video": chance_row(details), "best constant span": constant}


def chance_row(details: Mapping[str, Any]) -> dict[str, str]:
    """Make the row of a random ranking, with the exact expectations, and of the whole video as the span."""
    split = details["splits"][details["reported_split"]]
    row = {name: f"{value:.1f}" for name, value in split["chance"].items() if name.startswith("R@")}
    row["SumR"] = f"{split['chance']['SumR']:.1f} ± {split['chance']['SumR deviation']:.1f}"
    row |= _guessed(split["whole_video"], split["chance"])
    if "val" in details["splits"]:
        row["val SumR"] = f"{details['splits']['val']['chance']['SumR']:.1f}"
    return row


def _guessed(moments: Mapping[str, float] | None, chance: Mapping[str, float]) -> dict[str, str]:
    """Make the cells of the moments of one span a video; the video itself is found by chance."""
    if not moments:
        return {}
    within = {level: moments[f"SVMR R@1 IoU={level}"] for level in LEVELS}
    return {
        "mIoU": f"{moments['mIoU']:.1f}",
        **{f"SVMR R@1 IoU={level}": f"{value:.1f}" for level, value in within.items()},
        **{f"VCMR R@1 IoU={level}": f"{value * chance['R@1'] / 100:.2f}" for level, value in within.items()},
    }


def mean_and_deviation(values: Sequence[float], decimals: int) -> str:
    """Format values as `12.3 ± 0.4`, a single value without the deviation, and none as an empty text."""
    if not values:
        return ""
    mean = f"{statistics.mean(values):,.{decimals}f}"
    return f"{mean} ± {statistics.stdev(values):.{decimals}f}" if len(values) > 1 else mean


def _from_files(results: Sequence[Results], baseline: Sequence[Results]) -> list[str]:
    """Make the cells of the columns FROM_FILES, empty where there is no run, or no baseline to compare it with."""
    if not results:
        return [""] * len(FROM_FILES)
    own = [result.split["answers"]["model"]["mIoU"] for result in results if result.split["moments"]]
    ranked = [result.rankings for result in results]
    _, low, high = intervals(*ranked)["SumR"]
    cells = [mean_and_deviation(own, 1), f"{low:.1f} to {high:.1f}"]
    if not baseline:
        return [*cells, ""]
    difference, low, high = paired(ranked, [result.rankings for result in baseline])["SumR"]
    return [*cells, f"{difference:+.1f} [{low:+.1f}, {high:+.1f}]"]


def _cells(experiments: Iterable[Experiment], results: Sequence[Results]) -> list[str]:
    found: dict[str, list[Mapping[str, float]]] = {
        "metrics": [experiment.metrics for experiment in experiments],
        "costs": [result.costs for result in results],
    }
    cells = []
    for _, place, key, decimals in COLUMNS:
        cell = mean_and_deviation([numbers[key] for numbers in found[place] if key in numbers], decimals)
        cells.append(cell.partition(" ±")[0] if place == "costs" else cell)
    return cells
