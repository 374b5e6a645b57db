"""Lists, runs or tabulates the runs of the plan experiments/charades.yaml, all of them or those that are named.

    python -m experiments run models amdnet-published --pack /data/charades

Names are those of runs and of groups of runs in the plan.
"""

import argparse
import json
import sys
from pathlib import Path

import dvc.api

from experiments.plan import chosen, read_plan
from experiments.runs import Experiment, baselines, execute, experiments_on, hash_of, matching, of_one_pack
from experiments.settings import PARAMS, read_settings
from experiments.table import Results, guess_rows, render
from pipeline.core.cli import run
from pipeline.core.errors import PipelineError

PLAN, EVALUATION = Path(__file__).with_name("charades.yaml"), "outputs/evaluation"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m experiments", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("list", "run", "table"))
    parser.add_argument("runs", nargs="*", help="names of runs or of groups of runs (default: all)")
    parser.add_argument(
        "--pack", type=Path, help="folder of the feature pack; `table` takes that of the newest experiments by default"
    )
    parser.add_argument(
        "--jobs", type=int, default=1, help="how many experiments `run` makes side by side (default: %(default)s)"
    )
    arguments = parser.parse_args()
    settings = read_settings()
    runs = chosen(read_plan(PLAN, settings), arguments.runs, PLAN)
    if arguments.what == "list":
        for one in runs:
            print(one.group, one.name, one.seeds, json.dumps(one.changes), sep="\t")
    elif arguments.what == "run":
        if not arguments.pack:
            raise PipelineError("nothing says where the feature pack lies", where="--pack", fix="name its folder")
        if failed := execute(runs, settings, arguments.pack, arguments.jobs):
            sys.exit(f"failed: {', '.join(failed)}")
    else:
        pack = hash_of(arguments.pack) if arguments.pack else None
        there = [one for one in experiments_on(baselines()) if one.settings[PARAMS]["dataset"] == "pack"]
        found = of_one_pack(there, pack)
        shown = [experiment for one in runs for experiment in matching(one, settings, found).values()]
        guesses = [guess_rows(_read(experiment).details) for experiment in shown[:1]]
        print(render(runs, settings, found, guesses[0] if guesses else {}, _read))


def _read(experiment: Experiment) -> Results:
    details = json.loads(dvc.api.read(f"{EVALUATION}/details.json", rev=experiment.rev))
    rankings = dvc.api.read(f"{EVALUATION}/rankings_{details['reported_split']}.jsonl", rev=experiment.rev)
    return Results(details, [json.loads(line) for line in rankings.splitlines()])


if __name__ == "__main__":
    run(main)
