"""Settings, a plan of runs, and what `dvc exp show --json` prints for them, cut down to the keys that are read."""

from pathlib import Path
from typing import Any

import pytest
from helpers.workspace import enter_workspace

from experiments.settings import Settings, changed

PLAN = """
dataset: pack
seeds: [0, 1, 2]
groups:
  models:
    linear: {model: cca, seeds: [0]}
    deep: {model: amdnet}
  published:
    deep-published: {model: amdnet, recipe: charades, set: {features.normalize: stream}, values: {epochs: 90}}
"""


@pytest.fixture
def settings() -> Settings:
    recipes = {
        "default": {"hidden": 64, "dropout": 0.5, "epochs": 40},
        "pack": {"hidden": 64, "dropout": 0.5, "epochs": 20},
        "charades": {"hidden": 256, "dropout": 0.5, "epochs": 100},
    }
    params = {
        "dataset": "sample",
        "source": "data/sample",
        "model": "amdnet",
        "recipe": "auto",
        "localizer": "moments",
        "localizer_recipe": "auto",
        "protocol": "honest",
        "prepare": {},
        "pack": {},
        "query_text": {"max_tokens": 30},
        "features": {"normalize": "standard"},
        "train": {"seed": 0, "shuffle_queries": False, "reuse": "none"},
    }
    linear = {"default": {"ridge": 0.3}}
    localizers = {"moments": {"default": {"nms": 0.7}}, "prem": {"default": {"hidden": 16}, "pack": {"hidden": 32}}}
    of_localizers = {f"recipes/localizers/{name}.yaml": recipes for name, recipes in localizers.items()}
    return {"params.yaml": params, "recipes/amdnet.yaml": recipes, "recipes/cca.yaml": linear, **of_localizers}


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    return path


@pytest.fixture
def shown(settings):
    """shown({"deep-seed0": (changes, SumR)}, ...), one mapping a commit -> the printed JSON."""

    def experiment(name: str, changes: dict[str, Any], sumr: float) -> dict[str, Any]:
        metrics = {"SumR": sumr, "R@1": 3.0, "val SumR": 170.0, "chance SumR": 34.7}
        metrics |= {"selected on reported split": int(changes.get("protocol") == "published"), "random weights": 0}
        files = {"outputs/evaluation/metrics.json": {"data": metrics}}
        used = changed(settings, {"dataset": "pack", "source": "/elsewhere", **changes})
        params = used["params.yaml"]
        deps = {"outputs/scan/files.jsonl": {"hash": f"hash of {Path(params['source']).name}"}}
        chosen = (params["model"], f"localizers/{params['localizer']}")
        read = {path: {"data": used[path]} for path in ("params.yaml", *(f"recipes/{name}.yaml" for name in chosen))}
        data = {"rev": f"rev-{name}", "params": read, "metrics": files, "deps": deps}
        return {"name": name, "revs": [{"rev": data["rev"], "data": data}]}

    def printed(*commits: dict[str, tuple[dict[str, Any], float]]) -> list[dict[str, Any]]:
        return [
            {"rev": f"{number}" * 40, "experiments": [experiment(name, *made) for name, made in commit.items()] or None}
            for number, commit in enumerate(commits)
        ]

    return printed


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Path:
    """See helpers.workspace; the current folder."""
    enter_workspace(tmp_path, monkeypatch)
    return tmp_path
