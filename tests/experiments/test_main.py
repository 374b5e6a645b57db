"""`python -m experiments list` shows the runs of the plan; an unknown one is a message."""

import json
import subprocess
import sys
from pathlib import Path

from experiments.plan import read_plan
from experiments.settings import read_settings

ROOT = Path(__file__).resolve().parents[2]


def listed(*names: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "experiments", "list", *names]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_runs_are_listed_with_what_they_change():
    runs = read_plan(ROOT / "experiments/charades.yaml", read_settings(ROOT))
    lines = [line.split("\t") for line in listed().stdout.splitlines()]
    assert {name: json.loads(changes) for _, name, _, changes in lines} == {run.name: run.changes for run in runs}


def test_another_plan_is_listed_in_the_place_of_the_first():
    names = [line.split("\t")[1] for line in listed("--plan", "experiments/sample.yaml").stdout.splitlines()]
    assert "sample-prem" in names and "amdnet" not in names


def test_an_unknown_run_is_one_message():
    done = listed("shallow")
    assert done.returncode and "there is no run or group `shallow`" in done.stderr and "Traceback" not in done.stderr
