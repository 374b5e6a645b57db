"""Writes the values that a run has, so that later stages can say how to repeat it.

Test: tests/scan/test_stage.py.
"""

from pathlib import Path

from pipeline.core.files import write_json
from pipeline.core.params import read_mapping
from pipeline.localizers.common.recipe import LOCALIZERS
from pipeline.models.common.recipe_file import MODELS, recipe_name

IN_USE = "outputs/scan/parameters.json"


def write_in_use(params: Path | str = "params.yaml") -> None:
    """Write IN_USE: all of params.yaml, and the two recipes that it chooses, each under the path of its file.

    The files must have been checked.
    """
    values = read_mapping(params, absent="run from the project's top folder")
    found = {"params.yaml": values}
    for files in (MODELS, LOCALIZERS):
        path = files.path(values[files.kind]).as_posix()
        recipes = read_mapping(path, absent=f"restore it with `git checkout {path}`")
        name = recipe_name(values[files.choice], values["dataset"], recipes, path, files.choice)
        found[path] = {name: recipes[name]}
    write_json(IN_USE, found)
