"""Reads recipes/<model>.yaml: the recipes of one model, each a mapping of hyperparameters under its name.

Test: tests/models/test_recipe_file.py.
"""

from collections.abc import Collection
from importlib import import_module
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, write_json
from pipeline.core.params import checked, read_mapping
from pipeline.core.plugins import known, names, nearest, only_class
from pipeline.core.recipe import Recipe

AUTO, DEFAULT = "auto", "default"
FOLDER = Path("recipes")
CHOSEN = Path("outputs/scan/recipe.json")
"""What `recipe` stands for: training depends on it, and not on the other recipes of the file."""


def recipe_class(model: str) -> type[Recipe]:
    """Find the schema of a model's recipes: the subclass of Recipe in the recipe.py of its folder.

    Raises ValueError for a model that has no folder.
    """
    return only_class(import_module(f"pipeline.models.{known(model, names('models', 'model'))}.recipe"), Recipe)


def load_recipe(model: str, recipe: str, dataset: str, folder: Path = FOLDER) -> Recipe:
    """Read a recipe of a model by its name; `auto` takes the one named like the data set, else `default`.

    Raises PipelineError for a name that the file does not have, and for a recipe with a value that is not allowed.
    """
    recipes = read_recipes(model, folder)
    return recipes[recipe_name(recipe, dataset, recipes, folder / f"{model}.yaml")]


def recipe_name(recipe: str, dataset: str, there: Collection[str], path: Path | str) -> str:
    """Resolve the name of the recipe that `load_recipe` takes; `there`: the recipes in the file `path`.

    Raises PipelineError for a name that is not there.
    """
    name = recipe if recipe != AUTO else dataset if dataset in there else DEFAULT
    if name not in there:
        raise PipelineError(
            f"`recipe: {name}` names no recipe of the file, which has {', '.join(there)}",
            where=path,
            fix=f"did you mean `recipe: {nearest(name, [*there, AUTO])}`?",
        )
    return name


def read_recipes(model: str, folder: Path = FOLDER) -> dict[str, Recipe]:
    """Read and check all recipes of a model, by name.

    Raises PipelineError where the file or its recipe `default` is missing, and for the first value that is not allowed.
    """
    path, schema = folder / f"{model}.yaml", recipe_class(model)
    document = read_mapping(
        path, absent=f"write the recipes of `model: {model}` there; docs/adding-a-model.md says how"
    )
    if DEFAULT not in document:
        raise PipelineError(f"there is no recipe `{DEFAULT}`", where=path, fix="add it: other data sets are given it")
    return {name: checked(values, schema, name, path) for name, values in document.items()}


def write_chosen(model: str, recipe: Recipe) -> None:
    """Write the chosen recipe of a model for the stages that use it."""
    write_json(CHOSEN, {"model": model, "recipe": recipe.model_dump()})


def read_chosen() -> Recipe:
    """The recipe that `write_chosen` wrote; raises PipelineError where there is none."""
    chosen = read_json(CHOSEN)
    return recipe_class(chosen["model"])(**chosen["recipe"])
