"""The sub-command `amdnet compare-runs`, which shows experiments beside each other.

Test: tests/tools/test_compare_runs.py.
"""

import shutil
from typing import Annotated

import typer

WIDTH = 120
"""Characters of a line where the output is no terminal, or a narrower one."""


def compare_runs(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", show_default=False)] = None,
    all_commits: Annotated[
        bool,
        typer.Option("--all-commits", "-A", help="Show the experiments on all commits."),
    ] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print tables in Markdown, each mean with its deviation.")
    ] = False,
) -> None:
    """Compare the scores of experiments, the best SumR first.

    Runs that differ in nothing but `train.seed` are one row, with their mean and sample deviation. A table holds the
    runs on the same files of one data set. NAME is an experiment, or how its name begins; without any, all finished
    experiments are shown, and the commit itself where `dvc repro` ran it. What a run changed is told from the commit.
    """
    from experiments.compared import comparable, tables
    from experiments.compared_table import heading, markdown_table, terminal_table, warnings
    from experiments.runs import baselines, parse_commits, parse_show, shown
    from experiments.settings import committed_settings
    from pipeline.core.errors import PipelineError

    printed = shown(*(["--all-commits"] if all_commits else []))
    found = [run for run in [*parse_show(printed), *parse_commits(printed)] if comparable(run)]
    if names:
        found = [run for run in found if run.name.startswith(tuple(names))]
    compared = tables(found, committed_settings())
    if not compared:
        raise PipelineError(
            f"no finished experiment {'has such a name' if names else 'is there'}",
            where="refs/exps of this commit" if not all_commits else "refs/exps",
            fix="make one with `dvc exp run`, or show those of other commits with -A",
        )
    for (dataset, _), groups in compared.items():
        typer.echo(f"**{heading(dataset, groups)}**\n" if markdown else heading(dataset, groups))
        width = max(shutil.get_terminal_size((WIDTH, 0)).columns, WIDTH)
        for line in markdown_table(groups) if markdown else terminal_table(groups, width):
            typer.echo(line)
        for line in warnings(groups):
            typer.echo(f"\n{line}" if markdown else line)
        typer.echo()
    if len(compared) > 1:
        typer.echo("Scores of different tables say nothing of each other.", err=True)
    if not all_commits and len(baselines()) > 1:
        typer.echo("There are experiments on other commits too: -A shows them.", err=True)
