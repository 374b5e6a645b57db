"""The plan: overrides are differences of recipes, unknown names are errors, the project's own plan is valid."""

from pathlib import Path

import pytest
import yaml

from benchmarks.plan import changed, chosen, read_plan, recipe_changes
from pipeline.core.errors import PipelineError
from pipeline.core.sections import RECIPES

ROOT = Path(__file__).resolve().parents[2]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())


def test_a_published_run_changes_what_its_recipe_has_otherwise(plan, params):
    runs = {run.name: run for run in read_plan(plan, params)}
    assert runs["deep-published"].changes == {
        "dataset": "pack",
        "model": "amdnet",
        "recipes.amdnet.pack.hidden": 256,
        "recipes.amdnet.pack.epochs": 100,
        "features.normalize": "stream",
    }


def test_a_seed_is_an_experiment(plan, params):
    runs = {run.name: run for run in read_plan(plan, params)}
    assert list(runs["deep"].experiments()) == ["deep-seed0", "deep-seed1", "deep-seed2"]
    assert runs["deep"].experiments()["deep-seed2"] == {"dataset": "pack", "model": "amdnet", "train.seed": 2}
    assert list(runs["linear"].experiments()) == ["linear-seed0"]


def test_runs_and_groups_are_chosen_by_name(plan, params):
    runs = read_plan(plan, params)
    assert [run.name for run in chosen(runs, ["linear", "published"], plan)] == ["linear", "deep-published"]
    assert chosen(runs, [], plan) == runs
    with pytest.raises(PipelineError, match="no run or group `shallow`"):
        chosen(runs, ["linear", "shallow"], plan)


def test_unknown_keys_and_parameters_are_named(plan, params):
    plan.write_text(plan.read_text().replace("seeds: [0]}", "seed: 0}", 1))
    with pytest.raises(PipelineError, match="`linear` has an unknown key: seed"):
        read_plan(plan, params)
    with pytest.raises(PipelineError, match=r"no parameter `recipes\.amdnet\.pack\.hiden`"):
        changed(params, {"recipes.amdnet.pack.hiden": 1})


def test_changes_leave_the_parameters_themselves_alone(params):
    assert changed(params, {"features.normalize": "none"})["features"] == {"normalize": "none"}
    assert params["features"] == {"normalize": "standard"}


def test_the_projects_plan_fits_its_parameters():
    runs = read_plan(ROOT / "benchmarks/charades.yaml", PARAMS)
    assert {run.changes["model"] for run in runs} == set(RECIPES)
    for run in runs:
        document = changed(PARAMS, run.changes)
        RECIPES[document["model"]](**document["recipes"][document["model"]]["pack"])
    released = {run.name: run for run in runs if run.group == "released"}
    otherwise = {"amdnet-released": {"query_form": "sentence"}, "gmmformer-released": {"window": "padded"}}
    assert set(released) == {"amdnet-released", "amdnet-paper-token", "gmmformer-released", "ms_sl-released"}
    for name, run in released.items():
        model, document = run.changes["model"], changed(PARAMS, run.changes)
        expected = PARAMS["recipes"][model]["charades"] | otherwise.get(name, {})
        assert document["recipes"][model]["pack"] == expected
        assert document["features"]["normalize"] == "stream"
        assert set(recipe_changes(PARAMS, model, "pack", "charades")) <= set(run.changes)
