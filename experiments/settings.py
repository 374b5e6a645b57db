"""Reads and changes values of params.yaml and of all recipe files, by the names that `dvc exp run -S` uses.

`train.seed` is a value of params.yaml, `recipes/amdnet.yaml:pack.epochs` one of another file.
Test: tests/experiments/test_settings.py.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.core.errors import PipelineError
from pipeline.core.files import write_json
from pipeline.core.params import read_mapping
from pipeline.core.plugins import nearest
from pipeline.models.common.recipe_file import FOLDER, MODELS, RecipeFiles, recipe_name

PARAMS = "params.yaml"
Settings = Mapping[str, Mapping[str, Any]]
"""Maps the paths of params.yaml and of the recipe files to what they hold."""


def read_settings(root: Path = Path()) -> Settings:
    """Read params.yaml and all recipe files of the project in `root`. Raises PipelineError where there are none."""
    paths = [PARAMS, *(path.relative_to(root).as_posix() for path in sorted((root / FOLDER).rglob("*.yaml")))]
    return {path: read_mapping(root / path, absent="run from the project's top folder") for path in paths}


def committed_settings(root: Path = Path()) -> Settings:
    """Read the same files as they are in the last commit of git."""
    listed = ["git", "ls-tree", "-r", "--name-only", "HEAD", "--", PARAMS, FOLDER.as_posix()]
    paths = subprocess.run(listed, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\n")
    found = {}
    for path in (path for path in paths if path.endswith(".yaml")):
        show = subprocess.run(["git", "show", f"HEAD:./{path}"], cwd=root, check=True, stdout=subprocess.PIPE)
        found[path] = YAML(typ="safe").load(show.stdout)
    return found


def write_settings(settings: Settings, root: Path) -> None:
    """Write the files below `root`, as JSON, which is YAML too."""
    for path, content in settings.items():
        write_json(root / path, content)


def changed(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Copy the settings and change values in the copy.

    changes: values by the names of `dvc exp run -S`. Raises PipelineError for a name that the settings do not have.
    """
    copy = json.loads(json.dumps(settings))
    for name, value in changes.items():
        path, _, dotted = name.rpartition(":")
        *sections, key = dotted.split(".")
        mapping = copy.get(path or PARAMS)
        for section in sections:
            mapping = mapping.get(section) if isinstance(mapping, dict) else None
        if not isinstance(mapping, dict) or key not in mapping:
            raise PipelineError(
                f"there is no parameter `{name}`",
                where=path or PARAMS,
                fix=f"did you mean `{nearest(name, _names(settings))}`?",
            )
        mapping[key] = value
    return copy


def recipe_in_use(settings: Settings, files: RecipeFiles[Any] = MODELS) -> tuple[str, str]:
    """Return the path of the recipe file that the settings choose, and the name of the recipe in it.

    files: those of the models, or those of the localizers. Raises PipelineError for a model or localizer that has no
    such file, and for a name that the file does not have.
    """
    params = settings[PARAMS]
    path = files.path(params[files.kind]).as_posix()
    if path not in settings:
        raise PipelineError("the file does not exist", where=path, fix=f"did you mean `{nearest(path, settings)}`?")
    return path, recipe_name(params[files.choice], params["dataset"], settings[path], path, files.choice)


def recipe_changes(settings: Settings, values: Mapping[str, Any], files: RecipeFiles[Any] = MODELS) -> dict[str, Any]:
    """Name the changes that set these values in the recipe that the settings choose.

    values: by their keys in the recipe. files: those of the models, or those of the localizers.
    """
    path, name = recipe_in_use(settings, files)
    return {f"{path}:{name}.{key}": value for key, value in values.items()}


def _names(settings: Settings) -> Iterator[str]:
    """Yield the name of every value and section, as `dvc exp run -S` names it."""
    for path, content in settings.items():
        for name in _dotted(content):
            yield name if path == PARAMS else f"{path}:{name}"


def _dotted(mapping: Mapping[str, Any]) -> Iterator[str]:
    for key, value in mapping.items():
        yield key
        if isinstance(value, Mapping):
            yield from (f"{key}.{name}" for name in _dotted(value))
