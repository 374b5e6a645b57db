"""dvc.yaml says of every stage what is true: the code it imports and the parameters it reads, no more and no less."""

from functools import cache
from pathlib import Path
from string import Template

import pytest
import yaml
from helpers.closure import import_closure, loaded_sections

from pipeline.core.plugins import names
from pipeline.models.common.recipe_file import MODELS
from pipeline.settings.check import modules, sections

ROOT = Path(__file__).resolve().parents[2]
PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())
STAGES = PIPELINE["stages"]
CHOICES = [
    *((model, "sample", "moments") for model in names("models", "model")),
    *(("amdnet", dataset, "moments") for dataset in names("annotations", "reader")),
    *(("amdnet", "sample", localizer) for localizer in names("localizers", "recipe")),
]
"""One choice is changed at a time: readers know no models, and models no readers."""
LEFT_OUT = {"size", "nfiles"}
"""What DVC's run cache drops, at any depth, of the values by which it finds an earlier run (dvc/stage/cache.py)."""
FOLDERS = {"outputs/text_encoder", "outputs/index"}
"""The outs that are folders, because their files are of no use without each other."""
OF_READERS = {schema.SECTION for reader in modules("reader") for schema in getattr(reader, "SECTIONS", ())}


def _declared_code(stage: str, model: str, dataset: str, localizer: str) -> set[str]:
    """The rooms (folders) and the stage's own file, as the stage's `deps` name them."""
    chosen = {"model": model, "dataset": dataset, "localizer": localizer}
    deps = (Template(dep).substitute(chosen) for dep in STAGES[stage]["deps"])
    return {dep for dep in deps if dep.startswith(("pipeline/", "stages/"))}


@cache
def _closure(stage: str, model: str, dataset: str, localizer: str) -> set[str]:
    """The files that a stage imports; not those that a stage finds at run time which runs whatever has changed."""
    choices = {"pipeline.models": model, "pipeline.annotations": dataset, "pipeline.localizers": localizer}
    if STAGES[stage].get("always_changed"):
        choices = {}
    return import_closure(ROOT / "stages" / f"{stage}.py", ROOT, choices)


def _room(file: str) -> str:
    """Where a dep of dvc.yaml can name the file: its folder, or a stage's file itself."""
    return file if file.startswith("stages/") else str(Path(file).parent)


def _outs(stage: str) -> set[str]:
    return {path for out in STAGES[stage].get("outs", []) for path in ([out] if isinstance(out, str) else out)}


@pytest.mark.parametrize("stage", STAGES)
def test_every_imported_file_lies_in_a_room_that_the_stage_names(stage):
    for choice in CHOICES:
        missing = {_room(file) for file in _closure(stage, *choice)} - _declared_code(stage, *choice)
        assert not missing, f"dvc.yaml, stage {stage} {choice}: add these deps: {sorted(missing)}"


@pytest.mark.parametrize("stage", STAGES)
def test_every_room_that_a_stage_names_is_imported_from(stage):
    imported = {_room(file) for choice in CHOICES for file in _closure(stage, *choice)}
    declared = set().union(*(_declared_code(stage, *choice) for choice in CHOICES))
    assert not declared - imported, f"dvc.yaml, stage {stage}: not imported from: {sorted(declared - imported)}"


@pytest.mark.parametrize("stage", STAGES)
def test_params_are_the_sections_that_the_stage_loads(stage):
    named = set(STAGES[stage].get("params", []))
    if STAGES[stage].get("always_changed"):
        assert not named
        return
    assert named - _left_out(named) == loaded_sections(ROOT / "stages" / f"{stage}.py", OF_READERS)


def _left_out(named: set[str]) -> set[str]:
    """The parameters of these sections that DVC's run cache does not see, since their names are those of facts there.

    Two runs that differ in nothing else would be one to it, and the second would get the first one's outputs.
    """
    fields = {name: schema.model_fields for name, schema in sections().items() if name in named}
    return {f"{name}.{key}" for name in fields for key in fields[name] if key in LEFT_OUT}


@pytest.mark.parametrize("stage", STAGES)
def test_what_dvc_leaves_out_of_a_section_is_named_by_itself(stage):
    named = {one for one in STAGES[stage].get("params", []) if isinstance(one, str)}
    assert _left_out(named) <= named


@pytest.mark.parametrize("model", names("models", "model"))
def test_no_hyperparameter_is_called_as_what_dvc_leaves_out(model):
    assert not LEFT_OUT & set(MODELS.schema(model).model_fields)


def test_dvc_yaml_can_be_read_in_one_sitting():
    assert len((ROOT / "dvc.yaml").read_text().splitlines()) <= 250
    for stage in STAGES:
        assert len(_declared_code(stage, "m", "d", "l")) <= 12


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_says_what_it_does_and_writes_single_files_or_what_is_moved_as_a_whole(stage):
    assert STAGES[stage]["desc"].endswith(".")
    assert all(Path(out).suffix for out in _outs(stage) - FOLDERS)


def test_only_the_list_of_files_outlives_its_stage():
    assert [name for name in STAGES if not all(isinstance(out, str) for out in STAGES[name].get("outs", []))] == [
        "scan"
    ]


def test_metrics_and_plots_stand_at_top_level_and_are_outs():
    outs = set().union(*(_outs(stage) for stage in STAGES))
    assert set(PIPELINE["metrics"]) <= outs
    for plot in PIPELINE["plots"]:
        for definition in plot.values():
            sources = definition["y"] if isinstance(definition["y"], dict) else {next(iter(plot)): None}
            assert set(sources) <= outs
