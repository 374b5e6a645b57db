"""An extraction of which any process is killed, `dvc` and the whole group too: the same bytes, and nobody is left.

AMDNET_CHAOS_KILLS and AMDNET_CHAOS_SEED as in test_kills.py; a fortieth of the kills are these, of each kind in turn.
"""

import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from helpers.mutated import SEED
from helpers.project import TINY, Project
from helpers.tiny import wait_until_gone

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="other kernels end no process with its parent"),
]

KILLS = int(os.environ.get("AMDNET_CHAOS_KILLS", "30")) // 40
VICTIMS = {"dvc": "bin/dvc", "stage": "stages.resnet", "worker": "spawn_main", "decoder": "pipeline.video.child"}
"""What is in the command line of each kind of process, the deepest last."""
REPLACED = ("worker", "decoder")
"""The extraction goes on without them."""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    made = Project(tmp_path_factory.mktemp("killed"), {**TINY, "features": {"streams": ["resnet"]}})
    made.dvc("repro", "prepare")
    return made


def start(project: Project) -> subprocess.Popen:
    """`dvc repro` of the one stage, in a group of its own; two workers that each have a decoder."""
    environment = {**os.environ, "AMDNET_EXECUTOR": "process", "AMDNET_WORKERS": "2", "AMDNET_DEVICE": "cpu"}
    environment["PATH"] = str(Path(sys.executable).parent) + os.pathsep + environment["PATH"]
    return subprocess.Popen(
        ["dvc", "repro", "--single-item", "--force", "resnet"], cwd=project.folder, env=environment,
        start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def run_whole(project: Project) -> tuple[int, str]:
    """Run the stage to its end; returns the exit status of `dvc` and what was said."""
    run = start(project)
    said = run.communicate()[0]
    return run.returncode, said


def forget(project: Project) -> None:
    for name in (".store", "outputs/features"):
        shutil.rmtree(project.path(name), ignore_errors=True)


def features(project: Project) -> bytes:
    return project.path("outputs/features/resnet.h5").read_bytes()


def processes(started: subprocess.Popen) -> list[tuple[int, str]]:
    """The process and all below it, with their command lines."""
    found = []
    for process in [psutil.Process(started.pid), *psutil.Process(started.pid).children(recursive=True)]:
        try:
            found.append((process.pid, " ".join(process.cmdline())))
        except psutil.Error:
            continue
    return found


def test_whoever_is_killed_the_features_are_the_same_and_nobody_is_left(project):
    print(f"AMDNET_CHAOS_SEED={SEED}")
    forget(project)
    started = time.monotonic()
    status, said = run_whole(project)
    assert status == 0, said
    seconds, expected, killed = time.monotonic() - started, features(project), 0
    kinds = random.Random(f"{SEED} kinds").sample([*VICTIMS, "group"], k=len(VICTIMS) + 1)
    for number, kind in zip(range(max(KILLS, 3)), itertools.cycle(kinds), strict=False):
        draw = random.Random(f"{SEED} processes {number}")
        forget(project)
        run = start(project)
        time.sleep(draw.uniform(0.2, 0.9) * seconds)
        there = processes(run)
        victims = [pid for pid, line in there if kind != "group" and VICTIMS[kind] in line]
        if kind == "group":
            os.killpg(run.pid, signal.SIGKILL)
        elif victims:
            os.kill(draw.choice(victims), signal.SIGKILL)
        killed += kind == "group" or bool(victims)
        said = run.communicate()[0]
        for pid, _ in there:
            wait_until_gone(pid)
        if run.returncode:
            assert not victims or kind not in REPLACED, f"{kind}, round {number}, seed {SEED}\n{said}"
            status, said = run_whole(project)
            if "Unable to read RWLock-file" in said:  # dvc was killed in the instant in which it wrote it
                repair = [sys.executable, "-m", "tools.command", "repair"]
                subprocess.run(repair, cwd=project.folder, check=True)
                status, said = run_whole(project)
            assert status == 0 and "Traceback" not in said, f"{kind}, round {number}, seed {SEED}\n{said}"
        assert features(project) == expected, f"{kind}, round {number}, seed {SEED}"
        assert not list(project.path("outputs").rglob("*.tmp*")), f"{kind}, round {number}, seed {SEED}"
    assert killed > 0
