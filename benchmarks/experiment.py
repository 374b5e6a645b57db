"""Measures what an experiment costs that changes nothing but training, beside the training itself.

    python -m benchmarks.experiment

It runs `dvc exp run --temp` with CCA and seeds that DVC's run cache does not know, on what is committed in this
project, whose outputs must be up to date (`make demo`), and removes the experiments again. The least that the stages
from `train` on can take is what starting Python with torch takes, once for each of them; this is timed in the same run.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

import dvc.api

from benchmarks.machine import machine

STAGES_WITH_TORCH = 3
"""train, evaluate and index."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Time experiments that change nothing but training.")
    parser.add_argument("--repeats", type=int, default=3, help="of which the median counts (default: %(default)s)")
    repeats = parser.parse_args().repeats
    names = [f"timed-{number}" for number in range(repeats)]
    wall, beside = [], []
    try:
        for seed, name in enumerate(names, int(time.time())):
            given = ("--temp", "--name", name, "-S", "model=cca", "-S", f"train.seed={seed}")
            wall.append(timed("dvc", "exp", "run", *given))
            beside.append(wall[-1] - training_seconds(name))
    finally:
        subprocess.run(["dvc", "exp", "remove", *names], capture_output=True)
    starts = statistics.median(timed(sys.executable, "-c", "import torch") for _ in range(repeats))
    found, least = machine(), STAGES_WITH_TORCH * starts
    print(
        f"{statistics.median(wall):.1f} s an experiment, {statistics.median(beside):.1f} s of them beside training; "
        f"{STAGES_WITH_TORCH} starts of Python with torch take {least:.1f} s, "
        f"a ratio of {statistics.median(beside) / least:.1f} ({found['machine']}; commit {found['commit']})"
    )


def timed(*command: str) -> float:
    """The seconds that a command takes; what it says is shown where it fails."""
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return time.perf_counter() - started


def training_seconds(name: str) -> float:
    """What the experiment says of its training."""
    return json.loads(dvc.api.read("outputs/evaluation/cost.json", rev=name))["training seconds"]


if __name__ == "__main__":
    main()
