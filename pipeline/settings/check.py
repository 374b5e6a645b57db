"""Checks every parameter before any stage works: params.yaml, and the recipes of all models and localizers.

Test: tests/core/test_params.py.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

from pipeline.core.params import check_all, load
from pipeline.core.plugins import PIPELINE
from pipeline.core.recipe import Recipe
from pipeline.core.schema import TOP_LEVEL, Section
from pipeline.localizers.common.recipe import LOCALIZERS, LocalizerRecipe
from pipeline.models.common.recipe_file import FOLDER, MODELS, RecipeFiles, recipe_name


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


class Chosen(NamedTuple):
    """The recipes that params.yaml chooses: that of the model, and that of the localizer."""

    model: Recipe
    localizer: LocalizerRecipe


def check_settings(params: Path | str = "params.yaml", recipes: Path = FOLDER) -> Chosen:
    """Check params.yaml and the recipes of all models and localizers, and return the chosen recipes.

    Raises PipelineError for the first value that is not well.
    """
    check_all(schemas(), params)
    chosen = load(
        "dataset", *(name for files in (MODELS, LOCALIZERS) for name in (files.kind, files.choice)), path=params
    )
    return Chosen(*(_chosen(files, chosen, recipes) for files in (MODELS, LOCALIZERS)))


def _chosen(files: RecipeFiles, chosen: SimpleNamespace, folder: Path) -> Any:
    """Check all recipes of one room, and return the one that the parameters choose."""
    read = {name: files.read(name, folder) for name in files.names()}
    name = getattr(chosen, files.kind)
    of_name = read[name]
    return of_name[
        recipe_name(getattr(chosen, files.choice), chosen.dataset, of_name, files.path(name, folder), files.choice)
    ]
