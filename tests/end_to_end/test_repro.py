"""The whole pipeline through the real `dvc`, on a tiny sample: what runs again after a change, and what does not."""

import csv
import io
import json
import subprocess
import sys

import pytest
import torch
import yaml
from helpers.finished import finished
from helpers.project import ALWAYS, TINY, TINY_RECIPE, Project, ran
from safetensors.torch import load_file

from pipeline.models.amdnet.authors import NAMES
from tools.authors.weights import author_name_of

STAGES = [
    "prepare",
    "slowfast",
    "resnet",
    "clip",
    "query_text",
    "subtitle_text",
    "pack",
    "train",
    "localize",
    "evaluate",
    "index",
    "report",
]
FROM_TRAINING_ON = STAGES[STAGES.index("train") :]
FEATURES = ["slowfast", "resnet", "query", "subtitle", "localizer_subtitle"]
RESULTS = {"outputs/model/model.safetensors", "outputs/localizer/model.safetensors"} | {
    f"outputs/evaluation/{name}" for name in ("metrics.json", "rankings_val.jsonl", "rankings_test.jsonl")
}
TIMED = {
    "outputs/model/training.json",
    "outputs/localizer/training.json",
    "outputs/evaluation/cost.json",
    "outputs/report.html",
} | {f"outputs/features/{name}.json" for name in FEATURES}
"""Outputs that say how long something took."""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = finished(tmp_path_factory, "project")
    ended = yaml.safe_load(project.path("dvc.lock").read_text())["stages"]
    assert sorted(ended) == sorted({*STAGES, *ALWAYS})
    return project


def _json(project, name):
    return json.loads(project.path(name).read_text())


def _hashes(project):
    stages = yaml.safe_load(project.path("dvc.lock").read_text())["stages"]
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])}


def test_nothing_runs_twice(project):
    output = project.dvc("repro")
    assert ran(output) == [] and "Running stage 'scan'" in output
    assert output.count("amdnet on sample, test split: SumR") == 1  # every run ends with the headline and the report
    assert output.count(f"Report: {project.path('outputs/report.html')}") == 1


def test_the_report_and_the_metrics_are_there(project):
    metrics = _json(project, "outputs/evaluation/metrics.json")
    assert next(iter(metrics)) == "SumR" and len(metrics) <= 12
    assert project.path("outputs/report.html").stat().st_size > 10_000
    assert "SumR" in project.dvc("metrics", "show")


def test_a_training_parameter_decodes_no_video(project):
    before = _hashes(project)
    project.change_recipe("amdnet", {"learning_rate": 0.002})
    assert project.repro() == FROM_TRAINING_ON
    after = _hashes(project)
    assert all(before[f"outputs/features/{name}.h5"] == after[f"outputs/features/{name}.h5"] for name in FEATURES)
    loss = "outputs/training/plots/metrics/train/loss.tsv"  # the weights may be those of epoch 0 both times
    assert before[loss] != after[loss]


@pytest.mark.parametrize(("model", "change"), [("gmmformer", {}), ("ms_sl", {}), ("cca", {"ridge": 0.5})])
def test_another_model_runs_from_train_on_with_no_other_flag(project, model, change):
    before = _hashes(project)
    assert ran(project.dvc("exp", "run", "-S", f"model={model}")) == FROM_TRAINING_ON
    assert _json(project, "outputs/evaluation/details.json")["model"] == model
    assert project.path("outputs/report.html").stat().st_size > 10_000
    if change:
        project.change_recipe(model, change)
        assert project.repro() == FROM_TRAINING_ON
    project.change({"model": "amdnet"})
    assert project.repro() == []
    assert _hashes(project) == before


def test_a_localizer_is_trained_on_top_of_a_model_that_stays_as_it_is(project):
    before, recipe = _hashes(project), project.path("recipes/localizers/prem.yaml").read_text()
    output = project.dvc("exp", "run", "-S", "localizer=prem")
    assert ran(output) == ["subtitle_text", "localize", "evaluate", "index", "report"]
    assert _json(project, "outputs/localizer/config.json")["subtitle_size"] == 16
    assert _json(project, "outputs/localizer/training.json")["epochs_run"] == 2
    output = project.dvc("exp", "run", "-S", "recipes/localizers/prem.yaml:default.max_clips=2")
    assert ran(output) == ["localize", "evaluate", "index", "report"]
    assert _hashes(project)["outputs/model/model.safetensors"] == before["outputs/model/model.safetensors"]
    assert project.repro() == []
    output = project.dvc("exp", "run", "-S", "model=prem", "-S", "localizer=prem")
    assert ran(output) == ["subtitle_text", *FROM_TRAINING_ON]
    details = _json(project, "outputs/evaluation/details.json")
    assert details["model"] == "prem" and "VCMR" in str(details["splits"]["test"])
    project.path("recipes/localizers/prem.yaml").write_text(recipe)
    project.change({"model": "amdnet", "localizer": "moments"})
    assert project.repro() == []
    assert _hashes(project) == before


def test_a_recipe_that_is_not_chosen_makes_nothing_stale(project):
    before = project.path("recipes/amdnet.yaml").read_text()
    project.change_recipe("amdnet", {"learning_rate": 0.5}, name="tvr")
    assert project.repro() == []
    project.path("recipes/amdnet.yaml").write_text(before)


def test_a_resnet_parameter_leaves_slowfast_alone_and_comes_back_from_the_cache(project):
    before = _hashes(project)
    project.change({"resnet": {"pooling": "mean", "sampling": "uniform"}})
    assert project.repro() == ["resnet", *FROM_TRAINING_ON]
    assert _hashes(project)["outputs/features/resnet.h5"] != before["outputs/features/resnet.h5"]
    project.change({"resnet": {"pooling": "max", "sampling": "middle"}})
    output = project.dvc("repro")
    assert ran(output) == [] and "Stage 'resnet' is cached" in output
    assert _hashes(project) == before


def test_a_stream_that_is_turned_on_later_is_the_only_one_that_runs(project):
    before = _hashes(project)
    assert _json(project, "outputs/features/subtitle.json")["videos"] == 0  # nobody asked for it
    project.change({"features": {"streams": ["resnet", "slowfast", "subtitle"]}})
    assert project.repro() == ["subtitle_text", *FROM_TRAINING_ON]
    assert _json(project, "outputs/features/subtitle.json")["with_subtitles"] > 0
    project.change({"features": {"streams": ["resnet"]}})
    assert ran(project.dvc("repro", "train")) == ["slowfast", "train"]
    assert "unused" in _json(project, "outputs/features/slowfast.json")
    project.change({"features": {"streams": "auto"}})
    assert project.repro() == []
    assert _hashes(project) == before


def test_other_pictures_are_other_features(project):
    before = _hashes(project)
    project.change({"resnet": {"size": 48}})
    assert ran(project.dvc("repro", "train")) == ["resnet", "train"]
    assert _json(project, "outputs/features/resnet.json")["recipe"]["size"] == 48
    project.change({"resnet": {"size": 32}})
    assert project.repro() == []
    assert _hashes(project) == before


def test_one_more_video_decodes_one_video(project):
    project.change({"sample": {"train_videos": 7}})
    first, *others = ran(project.dvc("repro", "slowfast", "resnet"))
    assert first == "prepare" and sorted(others) == ["resnet", "slowfast"]  # dvc repro takes targets in any order
    for stream in ("slowfast", "resnet"):
        numbers = _json(project, f"outputs/features/{stream}.json")
        assert (numbers["videos"], numbers["decoded"], numbers["reused"], numbers["failed"]) == (13, 1, 12, 0)
    project.change({"sample": {"train_videos": 6}})
    assert project.repro() == []


def test_where_and_with_how_many_threads_it_runs_changes_no_byte(project, tmp_path_factory):
    twin = Project(tmp_path_factory.mktemp("twin"), TINY, TINY_RECIPE)
    for name in ("params.yaml", "recipes/amdnet.yaml"):
        twin.path(name).write_text(project.path(name).read_text())
    store = tmp_path_factory.mktemp("store")
    environment = {"AMDNET_STORE": str(store), "AMDNET_DECODE_THREADS": "1", "OMP_NUM_THREADS": "1"}
    twin.repro(**environment)
    assert any(store.iterdir()) and not twin.path(".store").exists()
    ours, theirs = _hashes(project), _hashes(twin)
    assert {f"outputs/features/{name}.h5" for name in FEATURES} | RESULTS <= ours.keys() == theirs.keys()
    assert not {name for name in ours if ours[name] != theirs[name]} - TIMED


def test_experiments_share_the_store_and_show_in_one_table(project):
    output = project.dvc("exp", "run", "--name", "faster", "-S", "recipes/amdnet.yaml:default.learning_rate=0.005")
    assert ran(output) == FROM_TRAINING_ON
    project.dvc("exp", "run", "--name", "elsewhere", "--temp", "-S", "sample.train_videos=8")
    project.dvc("exp", "run", "--name", "later", "--queue", "-S", "train.seed=2")
    project.dvc("exp", "run", "--run-all")
    # the features of the temporary experiment are in the store that the others read
    project.change({"sample": {"train_videos": 8}})
    project.dvc("repro", "prepare")
    project.dvc("repro", "--force", "--single-item", "slowfast")
    assert _json(project, "outputs/features/slowfast.json")["decoded"] == 0
    project.change({"sample": {"train_videos": 6}})
    assert project.repro() == []
    table = list(csv.reader(io.StringIO(project.dvc("exp", "show", "--csv"))))
    names = {cell for row in table for cell in row}
    assert {"faster", "elsewhere", "later"} <= names
    metrics = _json(project, "outputs/evaluation/metrics.json")
    shown = [column for column in table[0] if column in metrics]
    assert shown[0] == "SumR" and len(shown) == len(metrics) <= 12
    sumr = table[0].index("SumR")
    for row in table[1:]:
        if {"faster", "elsewhere", "later"} & set(row):
            assert float(row[sumr]) > 0, row


def test_other_accepted_failures_make_no_feature_stale(project):
    project.change({"max_failed_fraction": 0.25})
    assert project.repro() == ["report"]  # it says how the run is repeated
    project.change({"max_failed_fraction": 0.0})
    assert project.repro() == []


def test_a_wrong_parameter_is_named_and_nothing_good_is_lost(project):
    before = project.path("outputs/evaluation/metrics.json").read_bytes()
    project.change({"resnet": {"pooling": "maxx"}})
    output = project.dvc("repro", fails=True)
    assert "resnet.pooling" in output and "Traceback" not in output
    assert project.path("outputs/evaluation/metrics.json").read_bytes() == before
    project.change({"resnet": {"pooling": "max"}})
    assert project.repro() == []


def test_a_checkpoint_of_the_authors_is_evaluated_in_the_place_of_the_trained_model(project):
    project.change({"features": {"normalize": "stream"}})
    project.repro()
    trained = load_file(project.path("outputs/model/model.safetensors"))
    names = {name: author_name_of(NAMES, name) for name in trained if name.rpartition(".")[0] in NAMES}
    torch.save({"model": {names[name]: trained[name] + 1 for name in names}}, project.path("best.ckpt"))
    command = [sys.executable, "-m", "tools.command", "import-checkpoint", "best.ckpt"]
    subprocess.run(command, cwd=project.folder, check=True)
    project.dvc("commit", "--force", "train")
    assert project.repro() == ["localize", "evaluate", "index", "report"]
    weights = load_file(project.path("outputs/model/model.safetensors"))
    assert names and all(torch.equal(weights[name], trained[name] + 1) for name in names)
    assert project.repro() == []
