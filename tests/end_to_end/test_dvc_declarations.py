"""dvc.yaml says of every stage what is true: the code it imports and the parameters it reads, no more and no less."""

from pathlib import Path

import pytest
import yaml
from helpers.closure import import_closure, loaded_params

from pipeline.sections import DATASETS, RECIPES

ROOT = Path(__file__).resolve().parents[2]
PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())
STAGES = PIPELINE["stages"]
CHOICES = [(model, dataset) for model in RECIPES for dataset in DATASETS]


def _declared_code(stage: str, model: str, dataset: str) -> set[str]:
    deps = (dep.replace("${model}", model).replace("${dataset}", dataset) for dep in STAGES[stage]["deps"])
    return {dep for dep in deps if dep.startswith(("pipeline/", "stages/")) and dep.endswith(".py")}


def _closure(stage: str, model: str, dataset: str) -> set[str]:
    choices = {"pipeline.models": model, "pipeline.annotations": dataset}
    return import_closure(ROOT / "stages" / f"{stage}.py", ROOT, choices)


def _outs(stage: str) -> set[str]:
    return {path for out in STAGES[stage]["outs"] for path in ([out] if isinstance(out, str) else out)}


@pytest.mark.parametrize("stage", STAGES)
def test_every_imported_file_is_a_dep(stage):
    for model, dataset in CHOICES:
        missing = _closure(stage, model, dataset) - _declared_code(stage, model, dataset)
        assert not missing, f"dvc.yaml, stage {stage} ({model} on {dataset}): add these deps: {sorted(missing)}"


@pytest.mark.parametrize("stage", STAGES)
def test_every_code_dep_is_imported(stage):
    imported = set().union(*(_closure(stage, *choice) for choice in CHOICES))
    declared = set().union(*(_declared_code(stage, *choice) for choice in CHOICES))
    assert not declared - imported, f"dvc.yaml, stage {stage}: not imported: {sorted(declared - imported)}"


@pytest.mark.parametrize("stage", STAGES)
def test_params_are_those_the_stage_loads(stage):
    assert set(STAGES[stage].get("params", [])) == loaded_params(
        ROOT / "stages" / f"{stage}.py", "${model}", "${dataset}"
    )


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_says_what_it_does_and_writes_single_files(stage):
    assert STAGES[stage]["desc"].endswith(".")
    assert all(Path(out).suffix for out in _outs(stage))


def test_only_the_list_of_files_outlives_its_stage():
    assert [name for name in STAGES if not all(isinstance(out, str) for out in STAGES[name]["outs"])] == ["scan"]


def test_metrics_and_plots_stand_at_top_level_and_are_outs():
    outs = set().union(*(_outs(stage) for stage in STAGES))
    assert set(PIPELINE["metrics"]) <= outs
    for plot in PIPELINE["plots"]:
        for definition in plot.values():
            sources = definition["y"] if isinstance(definition["y"], dict) else {next(iter(plot)): None}
            assert set(sources) <= outs
