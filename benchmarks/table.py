"""Tables of runs in Markdown: mean and deviation over the seeds, and by name what is not there.

Test: tests/benchmarks/test_table.py.
"""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.experiments import Experiment, matching
from benchmarks.markdown import table_lines
from benchmarks.plan import Run
from pipeline.evaluation.summary import MOMENT_KEYS

# Heading, file and key of a column, and its decimals.
COLUMNS = [
    *((key, "metrics", key, 1) for key in ("SumR", "R@1", "R@5", "R@10", "R@100", *MOMENT_KEYS, "val SumR")),
    ("parameters", "cost", "parameters", 0),
    ("training s", "cost", "training seconds", 0),
    ("ms a query", "cost", "query milliseconds", 2),
]


def render(runs: Sequence[Run], params: Mapping[str, Any], found: Sequence[Experiment], chance: Mapping) -> str:
    """A table a group, then what is missing, and of which commits and which pack the experiments are.

    chance: a row of each table by the columns' headings, means and deviations as they are to be shown.
    """
    lines, missing, baselines, packs = [], [], set(), set()
    for group in dict.fromkeys(run.group for run in runs):
        rows = [["chance, whole video", *(chance.get(heading, "") for heading, *_ in COLUMNS)]]
        for run in (run for run in runs if run.group == group):
            there = matching(run, params, found)
            missing += [name for name in run.experiments() if name not in there]
            baselines |= {experiment.baseline[:7] for experiment in there.values()}
            packs |= {experiment.pack[:7] for experiment in there.values()}
            rows.append([run.name, *_cells(there.values())])
        lines += [f"**{group}**", "", *table_lines(["run", *(heading for heading, *_ in COLUMNS)], rows), ""]
    commits, pack = ", ".join(sorted(baselines)) or "no commit", ", ".join(sorted(packs)) or "none"
    lines.append(
        f"Means ± sample deviations over the seeds, of costs the means. Experiments on {commits}. Pack: {pack}."
    )
    if missing:
        lines += ["", f"Missing experiments: {', '.join(missing)}"]
    return "\n".join(lines)


def chance_row(details: Mapping[str, Any]) -> dict[str, str]:
    """What knows nothing scores, from details.json of any run: a random ranking (expectations, exact, and the deviation
    of SumR over rankings), and the whole video as the span.
    """
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


def _cells(experiments: Iterable[Experiment]) -> list[str]:
    experiments = list(experiments)
    cells = []
    for _, file, key, decimals in COLUMNS:
        values = [experiment.metrics[file][key] for experiment in experiments if key in experiment.metrics[file]]
        cell = mean_and_deviation(values, decimals)
        cells.append(cell.partition(" ±")[0] if file == "cost" else cell)
    return cells
