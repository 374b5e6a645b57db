"""The recipes of models and localizers, for tests that want their values."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from pipeline.core.recipe import Recipe
from pipeline.models.common.recipe_file import MODELS

FOLDER = Path(__file__).resolve().parents[2] / "recipes"
SMALL = {"hidden": 16, "clips": 9, "batch_videos": 4, "epochs": 3, "patience_steps": 1000}
"""Values that make training a matter of a second."""


def recipe_of(model: str, name: str = "default", **changes: Any) -> Recipe:
    """A recipe with changes; those of keys that the model's recipes do not have are left out."""
    values = MODELS.read(model, FOLDER)[name].model_dump()
    return MODELS.schema(model)(**{**values, **{key: value for key, value in changes.items() if key in values}})


def write_recipes(folder: Path, **changes: Any) -> None:
    """Write recipes/<model>.yaml of all models below `folder`: `default` alone, with the changes of the keys it has.

    Those of localizers are the project's.
    """
    shutil.copytree(FOLDER / "localizers", folder / "recipes" / "localizers", dirs_exist_ok=True)
    for model in MODELS.names():
        text = yaml.safe_dump({"default": recipe_of(model, **changes).model_dump()})
        (folder / "recipes" / f"{model}.yaml").write_text(text)
