"""recipes/localizers/<name>.yaml: read as the recipes of models are, and chosen by parameters of their own."""

import shutil

import pytest
from helpers.prem import recipe
from helpers.recipes import FOLDER

from pipeline.core.errors import PipelineError
from pipeline.localizers.common.recipe import LOCALIZERS
from pipeline.models.common.recipe_file import MODELS
from pipeline.settings.check import check_settings


@pytest.mark.parametrize("name", LOCALIZERS.names())
def test_every_localizer_has_a_valid_recipe_for_every_data_set(name):
    for dataset in ("sample", "folder", "pack", "tvr", "activitynet", "charades", "didemo", "qvhighlights", "new"):
        assert isinstance(LOCALIZERS.load(name, "auto", dataset, FOLDER), LOCALIZERS.schema(name))


def test_the_folder_that_localizers_share_is_none():
    assert "prem" in LOCALIZERS.names() and "common" not in LOCALIZERS.names()


def test_a_recipe_that_is_not_there_is_named_by_the_parameter_of_localizers():
    with pytest.raises(PipelineError, match="`localizer_recipe: didem`.*\n.*did you mean `localizer_recipe: didemo`"):
        LOCALIZERS.load("prem", "didem", "sample", FOLDER)


def test_a_localizer_without_a_file_is_told_what_to_write(tmp_path):
    with pytest.raises(PipelineError, match="write the recipes of `localizer: prem`"):
        LOCALIZERS.read("prem", tmp_path)


def test_the_check_of_all_settings_finds_a_mistake_in_them(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "recipes")
    path = tmp_path / "recipes/localizers/prem.yaml"
    path.write_text(path.read_text().replace("  fusion: logit_sum", "  fusion: logit_sums", 1))
    with pytest.raises(PipelineError, match="localizers/prem.yaml: `tvr.fusion`.*\n.*did you mean `logit_sum`"):
        check_settings(FOLDER.parent / "params.yaml", tmp_path / "recipes")


def test_the_chosen_one_is_read_as_it_was_written_and_leaves_that_of_the_model_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    of_model = MODELS.load("amdnet", "default", "sample", FOLDER)
    MODELS.write_chosen("amdnet", of_model)
    LOCALIZERS.write_chosen("prem", recipe(negatives=3))
    assert LOCALIZERS.read_chosen() == recipe(negatives=3) != recipe()
    assert MODELS.read_chosen() == of_model


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"heads": 3}, "multiple of heads"),
        ({"min_clips": 9, "max_clips": 8}, "max_clips .8. must be at least min_clips .9."),
        ({"negatives_from": 1}, "negatives_from .1. must be at least negatives"),
        ({"start": "cca", "hidden": 4}, "with `start: cca`"),
    ],
)
def test_values_that_do_not_go_together_are_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        recipe(**changes)


def test_the_rows_that_are_read_of_a_video_are_its_clips():
    assert recipe("tvr").own_pace and recipe("tvr").frames == recipe("tvr").clips == 100
