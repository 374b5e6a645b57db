"""params.yaml, read and checked: an unknown key is an error that names the nearest known one.

A stage calls `load("clip_seconds", "slowfast")` and gets an object with exactly these attributes, so that it cannot
read a parameter it does not name; a test holds the names against dvc.yaml. Test: tests/core/test_params.py.
"""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_yaml
from pipeline.core.sections import DATASETS, RECIPES, SECTIONS, Dataset, ModelName, Section


def load(*sections: str, path: Path | str = "params.yaml") -> SimpleNamespace:
    """Read and check the named top-level sections; `recipe` stands for the chosen model's on the chosen data set.

    Raises PipelineError for an unknown key (naming the nearest known one), a missing key, a wrong type or value.
    """
    document = _read(path)
    _refuse_unknown(document, SECTIONS, path, prefix="")
    loaded = SimpleNamespace()
    for section in sections:
        if section == "recipe":
            value, schema, key = _chosen_recipe(document, path)
        else:
            value, schema, key = _child(document, section, path), SECTIONS[section], section
        if section == "features" and isinstance(value, dict):
            value = _with_streams(value, document.get("dataset"), path)
        setattr(loaded, section, _checked(value, schema, key, path))
    return loaded


def check_all(path: Path | str = "params.yaml") -> None:
    """Check every section that is there, and every recipe; raises PipelineError as `load` does."""
    document = _read(path)
    _refuse_unknown(document, SECTIONS, path, prefix="")
    load(*(section for section in document if section != "recipes"), path=path)
    recipes = _mapping(document.get("recipes", {}), "recipes", path)
    _refuse_unknown(recipes, RECIPES, path, prefix="recipes.")
    for model, of_model in recipes.items():
        _refuse_unknown(_mapping(of_model, f"recipes.{model}", path), DATASETS, path, prefix=f"recipes.{model}.")
        for dataset, recipe in of_model.items():
            _checked(recipe, RECIPES[model], f"recipes.{model}.{dataset}", path)


def _mapping(value: Any, key: str, path: Path | str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PipelineError(f"`{key}` is not a mapping", where=path, fix=f"restore it with `git checkout {path}`")
    return value


def _read(path: Path | str) -> dict[str, Any]:
    document = read_yaml(path, absent="run from the project's top folder")
    if not isinstance(document, dict):
        raise PipelineError("not a mapping of parameters", where=path, fix="restore it with `git checkout params.yaml`")
    return document


def _child(mapping: dict[str, Any], name: str, path: Path | str, prefix: str = "") -> Any:
    if name not in mapping:
        raise PipelineError(
            f"the parameter `{prefix}{name}` is missing", where=path, fix="add it; see params.yaml in git"
        )
    return mapping[name]


def _chosen_recipe(document: dict[str, Any], path: Path | str) -> tuple[Any, type[Section], str]:
    model = _checked(_child(document, "model", path), ModelName, "model", path)
    dataset = _checked(_child(document, "dataset", path), Dataset, "dataset", path)
    recipes = _child(_child(document, "recipes", path), model, path, "recipes.")
    return _child(recipes, dataset, path, f"recipes.{model}."), RECIPES[model], f"recipes.{model}.{dataset}"


def _with_streams(features: dict[str, Any], dataset: Any, path: Path | str) -> dict[str, Any]:
    """`streams: auto` as a list; raises PipelineError for a stream that is empty for this data set."""
    streams = features.get("streams")
    if streams == "auto":
        return {**features, "streams": ["pack"] if dataset == "pack" else ["resnet", "slowfast"]}
    if isinstance(streams, list):
        for stream in streams:
            if (stream == "pack") != (dataset == "pack"):
                raise PipelineError(
                    f"`features.streams` names {stream}, which `dataset: {dataset}` does not have",
                    where=path,
                    fix="set features.streams to auto",
                )
    return features


def _checked(value: Any, schema: Any, key: str, path: Path | str) -> Any:
    if isinstance(schema, type) and issubclass(schema, Section) and isinstance(value, dict):
        _refuse_unknown(value, schema.model_fields, path, prefix=f"{key}.")
    try:
        return TypeAdapter(schema).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join([key, *(str(part) for part in first["loc"])])
        given = "" if isinstance(first["input"], dict) else f" (given: {first['input']!r})"
        raise PipelineError(
            f"`{name}`: {first['msg']}{given}",
            where=path,
            fix=_nearest_value(first) or "the allowed values stand in params.yaml beside each key",
        ) from None


def _nearest_value(error: ErrorDetails) -> str | None:
    """For a text that is none of the allowed ones, the one that is most like it."""
    if error["type"] != "literal_error" or not isinstance(error["input"], str):
        return None
    allowed = re.findall("'([^']*)'", error["ctx"]["expected"])
    return f"did you mean `{_nearest(error['input'], allowed)}`?"


def _refuse_unknown(mapping: dict[str, Any], known: Any, path: Path | str, prefix: str) -> None:
    for name in mapping:
        if name not in known:
            raise PipelineError(
                f"unknown parameter `{prefix}{name}`",
                where=path,
                fix=f"did you mean `{prefix}{_nearest(str(name), known)}`? Else remove it",
            )


def _nearest(name: str, known: Iterable[str]) -> str:
    return difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)[0]
