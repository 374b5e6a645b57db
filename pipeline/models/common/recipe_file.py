"""Reads recipe files: the recipes of one model or localizer, each a mapping of hyperparameters under its name.

Those of a model are in recipes/<model>.yaml. Test: tests/models/test_recipe_file.py.
"""

from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Generic, TypeVar

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, write_json
from pipeline.core.params import checked, read_mapping
from pipeline.core.plugins import known, names, nearest, only_class
from pipeline.core.recipe import Recipe
from pipeline.core.schema import Section

AUTO, DEFAULT = "auto", "default"
FOLDER = Path("recipes")
Schema = TypeVar("Schema", bound=Section)


@dataclass(frozen=True)
class RecipeFiles(Generic[Schema]):
    """The recipe files of everything in one room, whose folders each hold a schema in `recipe.py`.

    room: the folder of pipeline/. base: the class that all schemas of the room are subclasses of. kind, choice: the
    parameters of params.yaml that choose one of the room, and its recipe. below: where in FOLDER its files are. chosen:
    the file of what `choice` stands for: a stage depends on it, and not on the other recipes of the file.
    """

    room: str
    base: type[Schema]
    kind: str
    choice: str
    below: str
    chosen: Path

    def names(self) -> list[str]:
        """Return the names of all that have recipes in this room, sorted."""
        return names(self.room, "recipe")

    def path(self, name: str, folder: Path = FOLDER) -> Path:
        """Return the path of the file of one; folder: of all recipes of a project."""
        return folder / self.below / f"{name}.yaml"

    def schema(self, name: str) -> type[Schema]:
        """Find the schema of the recipes of one: the subclass of `base` in the recipe.py of its folder.

        Raises ValueError for a name that has no folder.
        """
        return only_class(import_module(f"pipeline.{self.room}.{known(name, self.names())}.recipe"), self.base)

    def load(self, name: str, recipe: str, dataset: str, folder: Path = FOLDER) -> Schema:
        """Read a recipe of one by its name; `auto` takes the one named like the data set, else `default`.

        Raises PipelineError for a name that the file does not have, and for a recipe with a value that is not allowed.
        """
        recipes = self.read(name, folder)
        return recipes[recipe_name(recipe, dataset, recipes, self.path(name, folder), self.choice)]

    def read(self, name: str, folder: Path = FOLDER) -> dict[str, Schema]:
        """Read and check all recipes of one, by name.

        Raises PipelineError where the file or its recipe `default` is missing, for a name that is no text, and for the
        first value that is not allowed.
        """
        path, schema = self.path(name, folder), self.schema(name)
        document = read_mapping(
            path, absent=f"write the recipes of `{self.kind}: {name}` there; docs/adding-a-model.md says how"
        )
        if DEFAULT not in document:
            raise PipelineError(
                f"there is no recipe `{DEFAULT}`", where=path, fix="add it: other data sets are given it"
            )
        if others := [recipe for recipe in document if not isinstance(recipe, str)]:
            fix = "put the name in quotation marks"
            raise PipelineError(f"`{others[0]}`, the name of a recipe, is no text", where=path, fix=fix)
        return {recipe: checked(values, schema, recipe, path) for recipe, values in document.items()}

    def write_chosen(self, name: str, recipe: Schema) -> None:
        """Write the chosen recipe of one for the stages that use it."""
        write_json(self.chosen, {self.kind: name, "recipe": recipe.model_dump()})

    def read_chosen(self) -> Schema:
        """The recipe that `write_chosen` wrote; raises PipelineError where there is none."""
        chosen = read_json(self.chosen)
        return self.schema(chosen[self.kind])(**chosen["recipe"])


def recipe_name(recipe: str, dataset: str, there: Collection[str], path: Path | str, choice: str = "recipe") -> str:
    """Resolve the name of the recipe that `load` takes; there: the recipes in the file `path`.

    choice: the parameter of params.yaml that says `recipe`. Raises PipelineError for a name that is not there.
    """
    name = recipe if recipe != AUTO else dataset if dataset in there else DEFAULT
    if name not in there:
        raise PipelineError(
            f"`{choice}: {name}` names no recipe of the file, which has {', '.join(there)}",
            where=path,
            fix=f"did you mean `{choice}: {nearest(name, [*there, AUTO])}`?",
        )
    return name


MODELS = RecipeFiles("models", Recipe, "model", "recipe", "", Path("outputs/scan/recipe.json"))
