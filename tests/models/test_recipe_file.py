"""recipes/<model>.yaml: chosen by name or data set, every value set with `dvc exp run -S`, mistakes are named."""

import shutil

import pytest
import yaml
from dvc.utils.hydra import apply_overrides
from helpers.recipes import FOLDER
from ruamel.yaml import YAML

from pipeline.core.errors import PipelineError
from pipeline.models.common.recipe_file import MODELS


def read(path):
    return YAML(typ="safe").load(path.read_text())


@pytest.fixture
def folder(tmp_path):
    """A copy of the project's recipes."""
    shutil.copytree(FOLDER, tmp_path / "recipes")
    return tmp_path / "recipes"


@pytest.mark.parametrize("model", MODELS.names())
def test_every_model_has_a_valid_recipe_for_every_data_set(model):
    for dataset in ("sample", "folder", "pack", "tvr", "activitynet", "charades", "didemo", "qvhighlights", "new"):
        assert isinstance(MODELS.load(model, "auto", dataset, FOLDER), MODELS.schema(model))


def test_auto_takes_the_recipe_of_the_data_set_else_the_default():
    recipes = MODELS.read("amdnet", FOLDER)
    assert MODELS.load("amdnet", "auto", "tvr", FOLDER) == recipes["tvr"] != recipes["default"]
    assert MODELS.load("amdnet", "auto", "folder", FOLDER) == recipes["default"]
    assert MODELS.load("amdnet", "charades", "pack", FOLDER) == recipes["charades"]


@pytest.mark.parametrize("model", MODELS.names())
def test_setting_any_value_of_any_recipe_changes_that_one_alone(model, folder):
    path = folder / f"{model}.yaml"
    before, recipes = path.read_text(), read(path)
    for recipe, values in recipes.items():
        for key in values:
            expected = {**recipes, recipe: {**values, key: 7}}
            apply_overrides(path, [f"{recipe}.{key}=7"])
            assert read(path) == expected, (recipe, key)
            path.write_text(before)


@pytest.mark.parametrize("value", ["5e-5", "1e-3", "0.00002"])
def test_a_small_number_is_read_as_dvc_writes_it(value, folder):
    apply_overrides(folder / "amdnet.yaml", [f"default.learning_rate={value}"])
    assert MODELS.load("amdnet", "default", "sample", folder).learning_rate == float(value)


def test_no_value_stands_twice():
    """A recipe holds what differs from the one that it builds on."""
    for model in MODELS.names():
        document = yaml.compose((FOLDER / f"{model}.yaml").read_text())
        values = read(FOLDER / f"{model}.yaml")
        anchored = {}
        for key, mapping in document.value:
            own = {}
            for name, value in mapping.value:
                if name.value == "<<":
                    base = anchored[id(value)]
                else:
                    own[name.value] = values[key.value][name.value]
            anchored[id(mapping)] = key.value
            repeated = [name for name in own if key.value != "default" and values[base][name] == own[name]]
            assert not repeated, (model, key.value, repeated)


@pytest.mark.parametrize(
    ("old", "new", "key", "hint"),
    [
        ("  moments: 4 ", "  moments: 5 ", "`default", "multiple of moments"),
        ("  moments: 4 ", "  moments: no ", "`default.moments`", "integer"),
        ("  learning_rate: 2.5e-4", "  learning_rat: 2.5e-4", "learning_rat`", "activitynet.learning_rate`"),
        ("default: &default", "defaults: &default", "`default`", "add it"),
        ("default: &default", "10: 10\ndefault: &default", "`10`", "quotation marks"),
    ],
)
def test_a_bad_value_is_named(old, new, key, hint, folder):
    text = (folder / "amdnet.yaml").read_text()
    assert old in text
    (folder / "amdnet.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(PipelineError) as caught:
        MODELS.read("amdnet", folder)
    assert key in str(caught.value) and hint in str(caught.value) and "amdnet.yaml" in str(caught.value)


def test_a_recipe_that_is_not_there_is_named_with_the_nearest():
    with pytest.raises(PipelineError, match="did you mean `recipe: charades`"):
        MODELS.load("amdnet", "charade", "sample", FOLDER)


def test_a_model_without_a_file_is_told_what_to_write(tmp_path):
    with pytest.raises(PipelineError, match="write the recipes of `model: cca`"):
        MODELS.read("cca", tmp_path)
