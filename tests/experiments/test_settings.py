"""Settings by the names of `dvc exp run -S`: of any file, copied, checked, and the recipe that they choose."""

import pytest

from experiments.settings import changed, read_settings, recipe_changes, recipe_in_use, write_settings
from pipeline.core.errors import PipelineError
from pipeline.localizers.common.recipe import LOCALIZERS


def test_changes_reach_every_file_and_leave_the_settings_themselves_alone(settings):
    made = changed(settings, {"features.normalize": "none", "recipes/amdnet.yaml:pack.epochs": 1})
    assert made["params.yaml"]["features"] == {"normalize": "none"}
    assert made["recipes/amdnet.yaml"]["pack"] == {"hidden": 64, "dropout": 0.5, "epochs": 1}
    assert settings["params.yaml"]["features"] == {"normalize": "standard"}
    assert settings["recipes/amdnet.yaml"]["pack"]["epochs"] == 20


@pytest.mark.parametrize(
    "name, nearest",
    [
        ("train.sed", "train.seed"),
        ("model.hidden", "model"),
        ("recipes/amdnet.yml:pack.epochs", "recipes/amdnet.yaml:pack.epochs"),
        ("recipes.amdnet.pack.epochs", "recipes/amdnet.yaml:pack.epochs"),
    ],
)
def test_a_name_that_does_not_exist_is_told_with_the_nearest_that_does(settings, name, nearest):
    with pytest.raises(PipelineError) as error:
        changed(settings, {name: 1})
    assert f"`{name}`" in str(error.value) and f"did you mean `{nearest}`" in str(error.value)


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({"dataset": "charades"}, "charades"),
        ({"dataset": "tvr"}, "default"),
        ({"dataset": "charades", "recipe": "pack"}, "pack"),
    ],
)
def test_the_recipe_in_use_is_the_chosen_one_or_that_of_the_data_set(settings, changes, expected):
    made = changed(settings, changes)
    assert recipe_in_use(made) == ("recipes/amdnet.yaml", expected)
    assert recipe_changes(made, {"epochs": 2}) == {f"recipes/amdnet.yaml:{expected}.epochs": 2}


def test_the_recipe_of_the_localizer_is_chosen_by_parameters_of_its_own(settings):
    made = changed(settings, {"dataset": "pack", "recipe": "charades", "localizer": "prem"})
    assert recipe_in_use(made, LOCALIZERS) == ("recipes/localizers/prem.yaml", "pack")
    assert recipe_in_use(changed(made, {"localizer_recipe": "default"}), LOCALIZERS)[1] == "default"
    assert recipe_changes(made, {"hidden": 8}, LOCALIZERS) == {"recipes/localizers/prem.yaml:pack.hidden": 8}
    with pytest.raises(PipelineError, match=r"(?s)`localizer_recipe: pakc` names no.*`localizer_recipe: pack`"):
        recipe_in_use(changed(made, {"localizer_recipe": "pakc"}), LOCALIZERS)


def test_what_is_written_is_read_again(settings, tmp_path):
    settings = {**settings, "recipes/localizers/one.yaml": {"default": {"epochs": 3}}}
    write_settings(settings, tmp_path)
    assert read_settings(tmp_path) == settings
    with pytest.raises(PipelineError, match="run from the project's top folder"):
        read_settings(tmp_path / "elsewhere")
