"""Runs stages in processes that are killed: at a moment, or at a call that makes what was written last or seen."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALLS = ("fsync", "replace", "rename")
SERVES = """
import importlib, json, os, signal, sys
import torch
from pipeline.core.cli import run
from pipeline.localizer_training import run as training_of_a_localizer
from stages import evaluate, index, localize, train

torch.set_num_threads(1)

def count(name, counted, last):
    real = getattr(os, name)
    def call(*arguments, **options):
        counted.append(name)
        if len(counted) == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **options)
    setattr(os, name, call)

def play(task):
    os.chdir(task["folder"])
    os.environ["AMDNET_STORE"] = task["folder"] + "/store"
    os.dup2(os.open("said.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    counted = []
    for name in task["calls"]:
        count(name, counted, task["last"])
    if task["seconds"]:
        signal.setitimer(signal.ITIMER_REAL, task["seconds"])  # SIGALRM, which nobody handles, ends it as SIGKILL does
    for name in task["stages"]:
        run(importlib.import_module("stages." + name).main)
    os.write(2, f"{len(counted)} calls".encode())
    os._exit(0)

for line in sys.stdin:
    task = json.loads(line)
    process = os.fork()
    if not process:
        try:
            play(task)
        except SystemExit as error:
            os._exit(error.code)
        except BaseException:
            import traceback
            os.write(2, traceback.format_exc().encode())
            os._exit(70)
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
"""


class Runner:
    """A process that has imported the stages, and forks one that runs some of them as often as it is asked."""

    def __init__(self):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "AMDNET_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVES], cwd=ROOT, env=environment, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self, folder: Path, stages: list[str], seconds: float | None = None, last: int = 0) -> tuple[int, str]:
        """Run the stages in the folder; returns the exit status, and what was said on stderr.

        seconds: after how many the process is killed; last: the number of the call of `CALLS` at which it is.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        task = {"folder": str(folder), "stages": stages, "seconds": seconds, "calls": CALLS, "last": last}
        self._process.stdin.write(json.dumps(task) + "\n")
        return int(self._process.stdout.readline()), (folder / "said.txt").read_text()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
