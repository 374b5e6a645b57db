"""Lists, runs or tabulates the runs of a plan, by default experiments/charades.yaml, all or those that are named.

    python -m experiments run models amdnet-published --pack /data/charades
    python -m experiments run --plan experiments/sample.yaml

Names are those of runs and of groups of runs in the plan.
"""

import argparse
import json
import sys
from functools import cache
from pathlib import Path

import dvc.api

from experiments.moment_table import moment_table
from experiments.plan import chosen, read_plan
from experiments.runs import baselines, execute, experiments_on, hash_of, matching, of_one_source
from experiments.settings import PARAMS, read_settings
from experiments.table import Results, guess_rows, render
from pipeline.core.cli import run
from pipeline.core.errors import PipelineError

PLAN, EVALUATION = Path(__file__).with_name("charades.yaml"), "outputs/evaluation"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("list", "run", "table"))
    parser.add_argument("runs", nargs="*", help="names of runs or of groups of runs (default: all)")
    parser.add_argument("--plan", type=Path, default=PLAN, help="file of the plan (default: experiments/charades.yaml)")
    parser.add_argument(
        "--pack",
        type=Path,
        help="folder of the feature pack, where the plan is of one; `table` takes that of the newest experiments by "
        "default",
    )
    parser.add_argument(
        "--jobs", type=int, default=1, help="how many experiments `run` makes side by side (default: %(default)s)"
    )
    arguments = parser.parse_args()
    settings = read_settings()
    runs = chosen(read_plan(arguments.plan, settings), arguments.runs, arguments.plan)
    dataset = runs[0].changes["dataset"]
    if arguments.what == "list":
        for one in runs:
            print(one.group, one.name, one.seeds, json.dumps(one.changes), sep="\t")
    elif arguments.what == "run":
        if dataset == "pack" and not arguments.pack:
            raise PipelineError("nothing says where the feature pack lies", where="--pack", fix="name its folder")
        source = arguments.pack.resolve() if arguments.pack else Path(settings[PARAMS]["source"])
        if failed := execute(runs, settings, source, arguments.jobs):
            sys.exit(f"failed: {', '.join(failed)}")
    else:
        source = hash_of(arguments.pack, dataset) if arguments.pack else None
        there = [one for one in experiments_on(baselines()) if one.settings[PARAMS]["dataset"] == dataset]
        found = of_one_source(there, source)
        shown = [experiment for one in runs for experiment in matching(one, settings, found).values()]
        guesses = guess_rows(_results(shown[0].rev).details) if shown else {}
        for write in (render, moment_table):
            print(write(runs, settings, found, guesses, lambda experiment: _results(experiment.rev)))


@cache
def _results(rev: str) -> Results:
    details = json.loads(dvc.api.read(f"{EVALUATION}/details.json", rev=rev))
    rankings = dvc.api.read(f"{EVALUATION}/rankings_{details['reported_split']}.jsonl", rev=rev)
    costs = json.loads(dvc.api.read(f"{EVALUATION}/cost.json", rev=rev))
    return Results(details, [json.loads(line) for line in rankings.splitlines()], costs)


if __name__ == "__main__":
    run(main)
