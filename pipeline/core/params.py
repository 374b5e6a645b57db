"""Reads and checks params.yaml: an unknown key is an error that names the nearest known one.

A stage calls `load("clip_seconds", SlowFastParams)` and gets an object with exactly these attributes, so that it cannot
read a parameter that it does not name; a test compares these names with dvc.yaml. Test: tests/core/test_params.py.
"""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_yaml
from pipeline.core.plugins import nearest
from pipeline.core.schema import TOP_LEVEL, Section

MOVED = {
    "recipes": "the values of `recipes.<model>.<data set>` stand in recipes/<model>.yaml now, one mapping a data set "
    "and `default` for all others; `recipe` chooses one of them",
}
"""Sections that params.yaml had, and where each of them went; all other sections are where they were."""


def load(*wanted: str | type[Section], path: Path | str = "params.yaml") -> SimpleNamespace:
    """Read and check the wanted parameters: names of `TOP_LEVEL`, and the classes of whole sections.

    Each becomes an attribute of what is returned, a section under its name in the file. Raises PipelineError for an
    unknown key (naming the nearest known one), a missing key, a wrong type or value.
    """
    document = read_mapping(path, absent="run from the project's top folder")
    loaded = SimpleNamespace()
    for one in wanted:
        name, schema = (one, TOP_LEVEL[one]) if isinstance(one, str) else (one.SECTION, one)
        if name not in document:
            _refuse_moved(document, path)
            raise _missing(name, path)
        setattr(loaded, name, checked(document[name], schema, name, path))
    return loaded


def check_all(schemas: dict[str, Any], path: Path | str = "params.yaml") -> None:
    """Check every parameter of the file, also those that no stage reads; raises PipelineError as `load` does.

    schemas: those of all parameters and sections, by name.
    """
    document = read_mapping(path, absent="run from the project's top folder")
    _refuse_moved(document, path)
    refuse_unknown(document, schemas, path, prefix="")
    for name, schema in schemas.items():
        if name not in document:
            raise _missing(name, path)
        checked(document[name], schema, name, path)


def read_mapping(path: Path | str, absent: str) -> dict[str, Any]:
    """Return the mapping that a YAML file holds; raises PipelineError where it holds anything else or does not exist.

    absent: what the user is told to do where there is no such file.
    """
    document = read_yaml(path, absent=absent)
    if not isinstance(document, dict):
        raise PipelineError("not a mapping of parameters", where=path, fix=f"restore it with `git checkout {path}`")
    return document


def checked(value: Any, schema: Any, key: str, path: Path | str) -> Any:
    """Return the value as its schema reads it; raises PipelineError naming the key and, if it can, what was meant."""
    if isinstance(schema, type) and issubclass(schema, Section) and isinstance(value, dict):
        refuse_unknown(value, schema.model_fields, path, prefix=f"{key}.")
    try:
        return TypeAdapter(schema).validate_python(value, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join([key, *(str(part) for part in first["loc"])])
        given = "" if isinstance(first["input"], dict) else f" (given: {first['input']!r})"
        cause, _, meant = first["msg"].removeprefix("Value error, ").partition("; did you mean ")
        raise PipelineError(
            f"`{name}`: {cause}{given}",
            where=path,
            fix=_advice(f"did you mean {meant}" if meant else _nearest_value(first), _described(schema, first), name),
        ) from None


def refuse_unknown(mapping: dict[str, Any], known: Any, path: Path | str, prefix: str) -> None:
    """Raise PipelineError for the first key that is not known, with the most similar one that is."""
    for name in mapping:
        if name not in known:
            raise PipelineError(
                f"unknown parameter `{prefix}{name}`",
                where=path,
                fix=f"did you mean `{prefix}{nearest(str(name), known)}`? Else remove it (docs/parameters.md)",
            )


def _refuse_moved(document: dict[str, Any], path: Path | str) -> None:
    if moved := [name for name in document if name in MOVED]:
        raise PipelineError(
            "the file is of an older version: " + "; ".join(MOVED[name] for name in moved),
            where=path,
            fix=f"take the file of this version with `git checkout {path}`, and set your values there anew",
        )


def _missing(name: str, path: Path | str) -> PipelineError:
    return PipelineError(
        f"the parameter `{name}` is missing",
        where=path,
        fix=f"add it; `git show HEAD:{Path(path).name}` has what was committed, and docs/parameters.md describes it",
    )


def _advice(meant: str | None, described: str | None, name: str) -> str:
    """Say which value was meant, if that is known, and which are allowed."""
    allowed = f"`{name}`: {described} (docs/parameters.md)" if described else "see docs/parameters.md"
    return f"{meant} {allowed}" if meant else allowed


def _described(schema: Any, error: ErrorDetails) -> str | None:
    """Return what the schema says of the parameter that the error is about."""
    if isinstance(schema, type) and issubclass(schema, Section):
        field = schema.model_fields.get(str(error["loc"][0])) if error["loc"] else None
        return field.description if field else None
    return next((part.description for part in schema.__metadata__ if getattr(part, "description", None)), None)


def _nearest_value(error: ErrorDetails) -> str | None:
    """Say which allowed value is most like the given text; None where the error is of another kind."""
    if error["type"] != "literal_error" or not isinstance(error["input"], str):
        return None
    allowed = re.findall("'([^']*)'", error["ctx"]["expected"])
    return f"did you mean `{nearest(error['input'], allowed)}`?"
