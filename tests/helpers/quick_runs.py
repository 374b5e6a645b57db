"""A repository with this project's settings, and two stages in the place of all of its own, done in no time."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

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
metrics: [outputs/evaluation/metrics.json]
"""
TRAIN = """
import json
from pipeline.core.files import read_yaml
seed = read_yaml("params.yaml", absent="")["train"]["seed"]
recipe = read_yaml("recipes/amdnet.yaml", absent="")["default"]
numbers = {"SumR": recipe["hidden"] + seed, "R@1": 50.0, "R@5": 80.0, "R@10": 90.0, "R@100": 100.0, "mIoU": 70.0}
numbers |= {"val SumR": 1.5, "chance SumR": 157.1429, "selected on reported split": 0, "random weights": 3}
json.dump(numbers, open("outputs/evaluation/metrics.json", "w"))
costs = {"parameters": recipe["learning_rate"] * recipe["epochs"], "training seconds": recipe["hidden"] / 2}
json.dump(costs, open("outputs/evaluation/cost.json", "w"))
"""
"""In the place of training: SumR is the number of hidden units, and the seed."""


class Folder:
    """A folder in which somebody works; its git has a name, and `amdnet` is that of this working tree."""

    def __init__(self, path: Path):
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    def run(self, line: str, fails: bool = False) -> str:
        """Run a line of the shell, return what it printed (both streams); asserts that it ends well, or fails."""
        of_git = {f"GIT_{role}_{what}": "a@b" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = {**os.environ, **of_git, "PATH": paths, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
        if line.startswith("amdnet "):
            line = f"{sys.executable} -m tools.command {line.removeprefix('amdnet ')}"
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.path, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode != 0) == fails, f"{line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


def quick_repository(path: Path) -> Folder:
    """Make the repository, on the branch main, with one commit and nothing run."""
    folder = Folder(path)
    shutil.copy(ROOT / "params.yaml", path)
    shutil.copytree(ROOT / "recipes", path / "recipes")
    (path / "dvc.yaml").write_text(STAGES)
    (path / "train.py").write_text(TRAIN)
    (path / ".gitignore").write_text("/outputs\n")
    folder.run("git init -q -b main && dvc init -q && dvc config core.analytics false")
    folder.run("git add -A && git commit -qm 'The project'")
    return folder
