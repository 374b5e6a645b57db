"""`amdnet compare-runs` over experiments that DVC made: what it prints at 120 columns, and in Markdown."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STAGES = """
stages:
  list:
    cmd: mkdir -p outputs/scan outputs/evaluation && echo ${dataset} > outputs/scan/files.jsonl
    params: [dataset]
    outs: [outputs/scan/files.jsonl]
  train:
    cmd: python train.py
    deps: [outputs/scan/files.jsonl]
    params: [{params.yaml: null}, {recipes/amdnet.yaml: null}, {recipes/localizers/moments.yaml: null}]
    outs: [outputs/evaluation/metrics.json, outputs/evaluation/cost.json]
metrics: [outputs/evaluation/metrics.json, outputs/evaluation/cost.json]
"""
TRAIN = """
import json
from pipeline.core.files import read_yaml
seed = read_yaml("params.yaml", absent="")["train"]["seed"]
hidden = read_yaml("recipes/amdnet.yaml", absent="")["default"]["hidden"]
numbers = {"SumR": hidden + seed, "R@1": 50.0, "R@5": 80.0, "R@10": 90.0, "R@100": 100.0, "mIoU": 70.0, "val SumR": 1.5}
numbers |= {"chance SumR": 157.1429, "selected on reported split": 0, "random weights": 3}
json.dump(numbers, open("outputs/evaluation/metrics.json", "w"))
json.dump({"parameters": 7}, open("outputs/evaluation/cost.json", "w"))
"""
"""In the place of all stages: SumR is the number of hidden units, and the seed."""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command in a repository with this project's settings; standard output."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "recipes", tmp_path / "recipes")
    (tmp_path / "dvc.yaml").write_text(STAGES)
    (tmp_path / "train.py").write_text(TRAIN)
    (tmp_path / ".gitignore").write_text("/outputs\n")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "120",
    }

    def started(*command: str, fails: bool = False) -> str:
        words = [sys.executable, "-m", "tools.command", *command[1:]] if command[0] == "amdnet" else command
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode != 0) == fails, done.stderr
        return done.stderr if fails else done.stdout

    for command in ("git init -q -b main", "git config user.email a@b", "git config user.name a", "dvc init -q"):
        started(*command.split())
    for command in ("git add -A", "git commit -qm one", "dvc repro -q", "git add -A", "git commit -qm two"):
        started(*command.split())
    return started


def test_experiments_are_compared(run):
    assert "no finished experiment has such a name" in run("amdnet", "compare-runs", "nothing", fails=True)
    for seed in (1, 2):
        run("dvc", "exp", "run", "--temp", "-n", f"wide-seed{seed}", "-S", f"train.seed={seed}",
            "-S", "recipes/amdnet.yaml:default.hidden=300")  # fmt: skip
    printed = run("amdnet", "compare-runs")
    assert printed == (
        "sample\n"
        "       SumR   R@1   R@5  R@10  R@100  mIoU  val SumR  runs  experiment        changes\n"
        "301.5 ± 0.7  50.0  80.0  90.0  100.0  70.0       1.5     2  wide              hidden=300\n"
        "      256.0  50.0  80.0  90.0  100.0  70.0       1.5     1  main\n"
        "      157.1                                                 a random ranking\n"
        "with backbones of random weights: all\n\n"
    )
    in_markdown = run("amdnet", "compare-runs", "--markdown", "wide")
    assert "| wide |  | 2 | 301.5 ± 0.7 | 50.0 ± 0.0 |" in in_markdown.replace("hidden=300", "")
    run("git", "commit", "-q", "--allow-empty", "-m", "three")
    assert "wide" not in run("amdnet", "compare-runs") and "wide" in run("amdnet", "compare-runs", "-A")
