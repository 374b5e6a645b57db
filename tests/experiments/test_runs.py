"""Which experiments count as a run's: those of its name with its parameters, finished."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.plan import read_plan
from experiments.runs import execute, hash_of, matching, of_one_source, parse_show
from experiments.settings import changed, read_settings, write_settings
from pipeline.core.errors import PipelineError

ROOT = Path(__file__).resolve().parents[2]
CHANGES = {"model": "amdnet"}


def deep(plan, settings):
    return next(run for run in read_plan(plan, settings) if run.name == "deep")


def test_an_experiment_of_other_parameters_is_another_run(plan, settings, shown):
    commit = {
        "deep-seed0": ({**CHANGES, "recipes/amdnet.yaml:pack.hidden": 65}, 1.0),
        "deep-seed1": ({**CHANGES, "train.seed": 1}, 2.0),
        "deep-seed2": ({**CHANGES, "train.seed": 2, "query_text.max_tokens": 31}, 3.0),
        "other": (CHANGES, 3.0),
    }
    assert list(matching(deep(plan, settings), settings, parse_show(shown(commit)))) == ["deep-seed1"]


def test_only_the_recipe_in_use_counts(plan, settings, shown):
    commit = {
        "deep-seed0": ({**CHANGES, "recipes/amdnet.yaml:charades.hidden": 65}, 1.0),
        "deep-seed1": ({**CHANGES, "train.seed": 1, "recipe": "pack"}, 2.0),
        "deep-seed2": ({**CHANGES, "train.seed": 2, "recipe": "charades"}, 3.0),
    }
    found = matching(deep(plan, settings), settings, parse_show(shown(commit)))
    assert list(found) == ["deep-seed0", "deep-seed1"], "the third has other values than `auto` gives"


def test_an_experiment_of_another_localizer_or_of_another_recipe_of_it_is_another_run(plan, settings, shown):
    plan.write_text("{dataset: pack, seeds: [0, 1, 2], groups: {all: {deep: {model: amdnet, localizer: prem}}}}")
    localized = {**CHANGES, "localizer": "prem"}
    commit = {
        "deep-seed0": (CHANGES, 1.0),
        "deep-seed1": ({**localized, "train.seed": 1, "recipes/localizers/prem.yaml:pack.hidden": 8}, 2.0),
        "deep-seed2": ({**localized, "train.seed": 2, "recipes/localizers/prem.yaml:default.hidden": 8}, 3.0),
    }
    assert list(matching(deep(plan, settings), settings, parse_show(shown(commit)))) == ["deep-seed2"]


def test_how_features_are_computed_counts_where_they_do_not_come_from_a_pack(plan, settings, shown):
    settings["params.yaml"]["sample"] = {"spoken_queries": 0}
    made = {**CHANGES, "sample.spoken_queries": 2}
    for dataset, count in (("pack", 1), ("sample", 0)):
        plan.write_text(f"{{dataset: {dataset}, seeds: [0], groups: {{all: {{deep: {{model: amdnet}}}}}}}}")
        found = parse_show(shown({"deep-seed0": ({**made, "dataset": dataset}, 1.0)}))
        assert len(matching(deep(plan, settings), settings, found)) == count


def test_an_experiment_from_before_there_were_localizers_is_no_run(plan, settings, shown):
    printed = shown({"deep-seed0": (CHANGES, 1.0), "deep-seed1": ({**CHANGES, "train.seed": 1}, 2.0)})
    del printed[0]["experiments"][0]["revs"][0]["data"]["params"]["params.yaml"]["data"]["localizer"]
    assert list(matching(deep(plan, settings), settings, parse_show(printed))) == ["deep-seed1"]


def test_an_experiment_without_recipe_files_is_no_run(plan, settings, shown):
    printed = shown({"deep-seed0": (CHANGES, 1.0), "deep-seed1": ({**CHANGES, "train.seed": 1}, 2.0)})
    data = printed[0]["experiments"][0]["revs"][0]["data"]
    del data["params"]["recipes/amdnet.yaml"], data["params"]["params.yaml"]["data"]["recipe"]
    assert list(matching(deep(plan, settings), settings, parse_show(printed))) == ["deep-seed1"]


def test_the_newest_commit_counts(plan, settings, shown):
    newer, older = {"deep-seed0": (CHANGES, 5.0)}, {"deep-seed0": (CHANGES, 4.0)}
    found = matching(deep(plan, settings), settings, parse_show(shown({}, newer, older)))
    assert found["deep-seed0"].metrics["SumR"] == 5.0 and found["deep-seed0"].baseline == "1" * 40


def test_an_experiment_that_is_not_finished_is_none(shown):
    printed = shown({"deep-seed0": (CHANGES, 5.0), "deep-seed1": (CHANGES, 5.0), "deep-seed2": (CHANGES, 5.0)})
    running, failed, _ = printed[0]["experiments"]
    running["revs"][0]["data"]["metrics"]["outputs/evaluation/metrics.json"] = {"error": {"type": "FileNotFoundError"}}
    failed["revs"][0]["data"] = None
    assert [experiment.name for experiment in parse_show(printed)] == ["deep-seed2"]


def test_an_experiment_on_another_pack_is_another_run_and_one_on_a_copy_is_not(shown):
    commit = {
        "deep-seed0": ({**CHANGES, "source": "/here/pack"}, 1.0),
        "deep-seed1": ({**CHANGES, "source": "/other"}, 2.0),
        "deep-seed2": ({**CHANGES, "source": "/there/pack"}, 3.0),
    }
    found = parse_show(shown(commit))
    assert [experiment.name for experiment in of_one_source(found, "hash of pack")] == ["deep-seed0", "deep-seed2"]
    assert [experiment.name for experiment in of_one_source(found, "hash of other")] == ["deep-seed1"]
    assert of_one_source(found, None) == of_one_source(found, "hash of pack"), "no table mixes two packs"
    assert of_one_source(found, "hash of a third") == of_one_source([], None) == []


STAGES = """
stages:
  scan:
    cmd: python -m stages.scan
    outs: [outputs/scan/files.jsonl]
  train:
    cmd: python train.py ${model} ${recipe} ${localizer} ${localizer_recipe} ${dataset}
    deps: [outputs/scan/files.jsonl]
    params: [
      dataset, source, model, recipe, localizer, localizer_recipe, protocol, prepare, pack, query_text, features, train,
      evaluate, {'recipes/${model}.yaml': null}, {'recipes/localizers/${localizer}.yaml': null}
    ]
    metrics: [outputs/evaluation/metrics.json]
"""
TRAIN = """
import json, sys
from pathlib import Path
from pipeline.localizers.common.recipe import LOCALIZERS
from pipeline.models.common.recipe_file import MODELS
model, recipe, localizer, localizer_recipe, dataset = sys.argv[1:]
numbers = {"SumR": MODELS.load(model, recipe, dataset).epochs}
if localizer != "moments":
    numbers["mIoU"] = LOCALIZERS.load(localizer, localizer_recipe, dataset).epochs
Path("outputs/evaluation").mkdir(parents=True, exist_ok=True)
json.dump(numbers, open("outputs/evaluation/metrics.json", "w"))
"""
"""In the place of training: it writes how many epochs the recipes in use have."""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A DVC repository with the project's settings, the stage scan, and one that reads its list; the current folder."""
    project = tmp_path / "project"
    write_settings(changed(read_settings(ROOT), {"dataset": "pack"}), project)
    shutil.copytree(ROOT / "recipes", project / "recipes", dirs_exist_ok=True)
    monkeypatch.chdir(project)
    Path("dvc.yaml").write_text(STAGES)
    Path("train.py").write_text(TRAIN)
    Path(".gitignore").write_text("outputs/\n")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    for command in ("git init -q", "git config user.email a@b", "git config user.name a", "dvc init -q", "git add -A",
                    "git commit -qm one"):  # fmt: skip
        subprocess.run(command.split(), check=True)


def pack_of(content: str, folder: Path) -> Path:
    (folder / "TextData").mkdir(parents=True)
    (folder / "TextData" / "queries").write_text(content)
    return folder


def dvc(*arguments: str) -> str:
    return subprocess.run(["dvc", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def test_experiments_by_way_of_dvc_itself(repository, tmp_path, capfd):
    """Hyperparameters reach experiments in folders of their own and in the queue; what is there is not made again."""
    first, other = pack_of("one", tmp_path / "first"), pack_of("two", tmp_path / "other")
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "{dataset: pack, seeds: [0], groups: {all: {apart: {model: gmmformer, localizer: prem, "
        "values: {epochs: 7}, localizer_values: {epochs: 8}}}}}"
    )
    settings = read_settings()
    runs = read_plan(plan, settings)
    assert execute(runs, settings, first, jobs=1) == []
    queued = (f"source={first}", "recipe=charades", "recipes/amdnet.yaml:charades.epochs=9")
    dvc("exp", "run", "--quiet", "--queue", "--name", "queued", *(part for one in queued for part in ("-S", one)))
    dvc("exp", "run", "--run-all")

    found = {experiment.name: experiment for experiment in parse_show(json.loads(dvc("exp", "show", "--json")))}
    assert {name: experiment.metrics for name, experiment in found.items()} == {
        "apart-seed0": {"SumR": 7, "mIoU": 8},
        "queued": {"SumR": 9},
    }
    assert read_settings() == settings, "the workspace keeps its own"
    copy = pack_of("one", tmp_path / "elsewhere" / "copy")
    hashes = {folder: hash_of(folder, "pack") for folder in (first, other, copy)}
    assert {experiment.source for experiment in found.values()} == {hashes[first]} == {hashes[copy]} != {hashes[other]}
    capfd.readouterr()
    assert execute(runs, settings, copy, jobs=1) == []
    assert capfd.readouterr().err.startswith("0 experiments to make")


def test_a_workspace_that_would_change_every_run_is_refused(repository, tmp_path):
    recipe = Path("recipes/cca.yaml")
    recipe.write_text(recipe.read_text().replace("ridge: 0.3", "ridge: 0.4"))
    with pytest.raises(PipelineError, match="recipes differ from the commit"):
        execute([], read_settings(), pack_of("one", tmp_path / "pack"), jobs=1)


def test_the_sample_is_compared_by_what_it_is_made_from(tmp_path):
    copy = shutil.copytree(ROOT / "data/sample", tmp_path / "copy")
    assert hash_of(copy, "sample") == hash_of(ROOT / "data/sample", "sample")
    (copy / "spoken.yaml").write_text("people: [Gina]\n")
    assert hash_of(copy, "sample") != hash_of(ROOT / "data/sample", "sample")


def test_a_pack_that_does_not_exist_is_told(tmp_path):
    with pytest.raises(PipelineError, match="nowhere: no such folder"):
        hash_of(tmp_path / "nowhere", "pack")
