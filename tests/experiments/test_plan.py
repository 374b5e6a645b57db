"""The plan: what a run changes, unknown names are errors, every run of the project's own plan is valid."""

from pathlib import Path

import pytest

from experiments.plan import chosen, read_plan
from experiments.settings import changed, read_settings, recipe_in_use, write_settings
from pipeline.core.errors import PipelineError
from pipeline.core.plugins import names
from pipeline.models.common.recipe_file import MODELS
from pipeline.settings.check import check_settings
from pipeline.settings.streams import asked_for

ROOT = Path(__file__).resolve().parents[2]
PROJECT = read_settings(ROOT)
RUNS = read_plan(ROOT / "experiments/charades.yaml", PROJECT)
OF_PACKS = {name for name in names("models", "model") if not MODELS.schema(name).one_space}
"""The models that can read a feature pack of two backbones."""
OF_SAMPLE = read_plan(ROOT / "experiments/sample.yaml", PROJECT)


def test_a_run_changes_its_recipe_and_the_values_in_it(plan, settings):
    runs = {run.name: run for run in read_plan(plan, settings)}
    assert runs["deep-published"].changes == {
        "dataset": "pack",
        "model": "amdnet",
        "recipe": "charades",
        "features.normalize": "stream",
        "recipes/amdnet.yaml:charades.epochs": 90,
    }


def test_values_of_a_run_without_a_recipe_are_those_of_the_recipe_that_it_is_given(plan, settings):
    plan.write_text(
        "{dataset: pack, seeds: [0], groups: {all: {a: {model: amdnet, values: {epochs: 1}},"
        "c: {model: cca, values: {ridge: 0.1}}}}}"
    )
    deep, linear = read_plan(plan, settings)
    assert deep.changes["recipes/amdnet.yaml:pack.epochs"] == 1
    assert linear.changes["recipes/cca.yaml:default.ridge"] == 0.1


def test_a_run_changes_its_localizer_and_the_values_in_the_recipe_of_it(plan, settings):
    plan.write_text(
        "{dataset: pack, seeds: [0], groups: {all: {a: {model: cca, localizer: prem, localizer_values: {hidden: 8}}}}}"
    )
    (run,) = read_plan(plan, settings)
    assert run.changes == {
        "dataset": "pack",
        "model": "cca",
        "localizer": "prem",
        "recipes/localizers/prem.yaml:pack.hidden": 8,
    }


def test_what_a_plan_sets_is_set_in_every_run_unless_the_run_sets_it_otherwise(plan, settings):
    plan.write_text(
        "{dataset: sample, seeds: [0], set: {train.seed: 5, query_text.max_tokens: 8}, groups: {all: {"
        "a: {model: cca}, b: {model: cca, set: {query_text.max_tokens: 9}}}}}"
    )
    changes = [run.changes for run in read_plan(plan, settings)]
    assert [(made["train.seed"], made["query_text.max_tokens"]) for made in changes] == [(5, 8), (5, 9)]


def test_a_seed_is_an_experiment(plan, settings):
    runs = {run.name: run for run in read_plan(plan, settings)}
    assert list(runs["deep"].experiments()) == ["deep-seed0", "deep-seed1", "deep-seed2"]
    assert runs["deep"].experiments()["deep-seed2"] == {"dataset": "pack", "model": "amdnet", "train.seed": 2}
    assert list(runs["linear"].experiments()) == ["linear-seed0"]


def test_runs_and_groups_are_chosen_by_name(plan, settings):
    runs = read_plan(plan, settings)
    assert [run.name for run in chosen(runs, ["linear", "published"], plan)] == ["linear", "deep-published"]
    assert chosen(runs, [], plan) == runs
    with pytest.raises(PipelineError, match="no run or group `shallow`"):
        chosen(runs, ["linear", "shallow"], plan)


@pytest.mark.parametrize(
    "run, message",
    [
        ("{model: amdnet, seed: 0}", "`one` has an unknown key: seed"),
        ("{model: amdnett}", r"recipes/amdnett\.yaml: the file does not exist.*did you mean `recipes/amdnet\.yaml`"),
        ("{model: amdnet, set: {train.sed: 0}}", r"no parameter `train\.sed`.*did you mean `train\.seed`"),
        ("{model: amdnet, values: {hiden: 1}}", r"no parameter `recipes/amdnet\.yaml:pack\.hiden`.*pack\.hidden`"),
        ("{model: amdnet, recipe: charade}", "`recipe: charade` names no recipe.*did you mean `recipe: charades`"),
        ("{model: cca, localizer: prm}", r"localizers/prm\.yaml: the file does not exist.*localizers/prem\.yaml"),
        ("{model: cca, localizer_values: {mns: 1}}", r"no parameter `recipes/localizers/moments\.yaml:default\.mns`"),
    ],
)
def test_what_a_run_names_must_exist(plan, settings, run, message):
    plan.write_text(f"{{dataset: pack, seeds: [0], groups: {{all: {{one: {run}}}}}}}")
    with pytest.raises(PipelineError, match=f"(?s){message}"):
        read_plan(plan, settings)


@pytest.mark.parametrize("run", [*RUNS, *OF_SAMPLE], ids=lambda run: run.name)
def test_every_run_of_the_projects_plans_is_valid(run, tmp_path):
    made = changed(PROJECT, run.changes)
    write_settings(made, tmp_path)
    chosen, params = check_settings(tmp_path / "params.yaml", tmp_path / "recipes"), made["params.yaml"]
    for recipe in chosen:
        asked_for(params["features"]["streams"], params["dataset"], recipe.modalities)


def test_no_experiment_of_one_plan_replaces_one_of_another():
    names = [name for run in [*RUNS, *OF_SAMPLE] for name in run.experiments()]
    assert len(names) == len(set(names))


def test_the_trained_localizer_is_run_on_top_of_every_model():
    localized = [run for run in RUNS if run.group == "localizers"]
    assert {run.changes["model"] for run in localized} == OF_PACKS
    assert {run.changes["localizer"] for run in localized} == {"prem"} and {run.seeds for run in localized} == {
        (0, 1, 2)
    }


def test_the_projects_plan_has_every_model_and_what_was_released():
    assert {run.changes["model"] for run in RUNS} == OF_PACKS
    released = {run.name: run for run in RUNS if run.group == "released"}
    otherwise = {"amdnet-released": {"query_form": "sentence"}, "gmmformer-released": {"window": "padded"}}
    assert set(released) == {"amdnet-released", "amdnet-paper-token", "gmmformer-released", "ms_sl-released"}
    for name, run in released.items():
        made = changed(PROJECT, run.changes)
        path, recipe = recipe_in_use(made)
        assert path == f"recipes/{run.changes['model']}.yaml"
        assert made[path][recipe] == PROJECT[path]["charades"] | otherwise.get(name, {})
        assert made["params.yaml"]["features"]["normalize"] == "stream"
