"""Checks every parameter before any stage works: params.yaml, and the recipes of all models and localizers.

Test: tests/core/test_params.py.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from pipeline.core.params import check_all, load
from pipeline.core.plugins import PIPELINE, names
from pipeline.core.recipe import Recipe
from pipeline.core.schema import TOP_LEVEL, Section
from pipeline.localizers.common.recipe import LOCALIZERS
from pipeline.models.common.recipe_file import FOLDER, read_recipes, recipe_name


def modules(name: str) -> list[ModuleType]:
    """Import and list every module whose file is `name`.py, in the rooms of the pipeline and their folders."""
    found = [path.relative_to(PIPELINE).with_suffix("") for path in sorted(PIPELINE.rglob(f"{name}.py"))]
    return [import_module(f"pipeline.{'.'.join(path.parts)}") for path in found]


def sections() -> dict[str, type[Section]]:
    """Map the name of each section of params.yaml to its schema, from the files params.py of all rooms."""
    found = [value for module in modules("params") for value in vars(module).values()]
    schemas = [value for value in found if isinstance(value, type) and issubclass(value, Section)]
    return {schema.SECTION: schema for schema in schemas if schema.SECTION}


def schemas() -> dict[str, Any]:
    """Map the name of each section of params.yaml, and of each parameter outside the sections, to its schema."""
    return {**TOP_LEVEL, **sections()}


def check_settings(params: Path | str = "params.yaml", recipes: Path = FOLDER) -> Recipe:
    """Check params.yaml and the recipes of all models and localizers, and return the chosen recipe.

    Raises PipelineError for the first value that is not well.
    """
    check_all(schemas(), params)
    read = {model: read_recipes(model, recipes) for model in names("models", "model")}
    for localizer in LOCALIZERS.names():
        LOCALIZERS.read(localizer, recipes)
    chosen = load("dataset", "model", "recipe", path=params)
    of_model = read[chosen.model]
    return of_model[recipe_name(chosen.recipe, chosen.dataset, of_model, recipes / f"{chosen.model}.yaml")]
