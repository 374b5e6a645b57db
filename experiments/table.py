"""Tables of runs in Markdown: mean and deviation over the seeds, intervals over the test videos, what is missing.

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

# Heading, file and key of a column, and its decimals.
COLUMNS = [
    *((key, "metrics", key, 1) for key in ("SumR", "R@1", "R@5", "R@10", "R@100", *MOMENT_KEYS, "val SumR")),
    ("parameters", "cost", "parameters", 0),
    ("training s", "cost", "training seconds", 0),
    ("ms a query", "cost", "query milliseconds", 2),
]
FROM_FILES = ("own mIoU", "SumR [95 %]", "- cca [95 %]")
"""Columns whose numbers are not among an experiment's metrics."""


class Results(NamedTuple):
    """What an experiment wrote: details.json, and the ranking of each query of the reported split."""

    details: Mapping[str, Any]
    rankings: Rows

    @property
    def split(self) -> Mapping[str, Any]:
        return self.details["splits"][self.details["reported_split"]]


def render(
    runs: Sequence[Run],
    settings: Settings,
    found: Sequence[Experiment],
    guesses: Mapping[str, Mapping[str, str]],
    read: Callable[[Experiment], Results],
) -> str:
    """A table a group, then what is missing, and of which commits and which pack the experiments are.

    guesses: the first rows of each table, by name and then by heading, as they are to be shown; read: gives what an
    experiment wrote. The first run of `cca` is what the others are paired with.
    """
    lines, missing, baselines, packs = [], [], set(), set()
    linear = next((run for run in runs if run.changes["model"] == "cca"), None)
    baseline = [read(experiment) for experiment in matching(linear, settings, found).values()] if linear else []
    headings = [*(heading for heading, *_ in COLUMNS), *FROM_FILES]
    for group in dict.fromkeys(run.group for run in runs):
        rows = [[name, *(guess.get(heading, "") for heading in headings)] for name, guess in guesses.items()]
        for run in (run for run in runs if run.group == group):
            there = matching(run, settings, found)
            missing += [name for name in run.experiments() if name not in there]
            baselines |= {experiment.baseline[:7] for experiment in there.values()}
            packs |= {experiment.pack[:7] for experiment in there.values()}
            results = [read(experiment) for experiment in there.values()]
            rows.append([run.name, *_cells(there.values()), *_from_files(results, [] if run == linear else baseline)])
        lines += [f"**{group}**", "", *table_lines(["run", *headings], rows), ""]
    commits, pack = ", ".join(sorted(baselines)) or "no commit", ", ".join(sorted(packs)) or "none"
    lines.append(
        "Means ± sample deviations over the seeds, of costs the means. `own mIoU` is of what the model retrieves by "
        "itself, without a window. Intervals are over resampled test videos: of the seeds' mean, and of what "
        f"it is above cca on the same videos. Experiments on {commits}. Pack: {pack}."
    )
    if missing:
        lines += ["", f"Missing experiments: {', '.join(missing)}"]
    return "\n".join(lines)


def guess_rows(details: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What knows nothing scores, from details.json of any run: a random ranking with the whole video as the span, and
    the one span, in shares of the video, that is best on the training queries.
    """
    split = details["splits"][details["reported_split"]]
    constant = {name: f"{split['constant_span'][name]:.1f}" for name in MOMENT_KEYS[:2] if split["constant_span"]}
    return {"chance, whole video": chance_row(details), "best constant span": constant}


def chance_row(details: Mapping[str, Any]) -> dict[str, str]:
    """A random ranking, exact expectations and the deviation of SumR, and the whole video as the span."""
    split = details["splits"][details["reported_split"]]
    row = {name: f"{value:.1f}" for name, value in split["chance"].items() if name.startswith("R@")}
    row["SumR"] = f"{split['chance']['SumR']:.1f} ± {split['chance']['SumR deviation']:.1f}"
    row |= {name: f"{split['whole_video'][name]:.1f}" for name in MOMENT_KEYS[:2] if split["whole_video"]}
    if "val" in details["splits"]:
        row["val SumR"] = f"{details['splits']['val']['chance']['SumR']:.1f}"
    return row


def mean_and_deviation(values: Sequence[float], decimals: int) -> str:
    """`12.3 ± 0.4`, the mean alone of a single value, nothing of none."""
    if not values:
        return ""
    mean = f"{statistics.mean(values):,.{decimals}f}"
    return f"{mean} ± {statistics.stdev(values):.{decimals}f}" if len(values) > 1 else mean


def _from_files(results: Sequence[Results], baseline: Sequence[Results]) -> list[str]:
    """Cells of the columns FROM_FILES; empty where there is no run, or nothing to pair it with."""
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


def _cells(experiments: Iterable[Experiment]) -> list[str]:
    experiments = list(experiments)
    cells = []
    for _, file, key, decimals in COLUMNS:
        values = [experiment.metrics[file][key] for experiment in experiments if key in experiment.metrics[file]]
        cell = mean_and_deviation(values, decimals)
        cells.append(cell.partition(" ±")[0] if file == "cost" else cell)
    return cells
