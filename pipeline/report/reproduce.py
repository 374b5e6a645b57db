"""Writes the options of the command that repeats a run. Test: tests/report/test_reproduce.py."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from pipeline.core.flat import flat
from pipeline.core.plugins import names

PARAMS = "params.yaml"
_PLAIN = re.compile(r"[\w./][\w./ :+-]*(?<! )", re.ASCII)
"""Texts that `dvc exp run -S` reads as they are, those of _NO_TEXT excepted."""
_NO_TEXT = re.compile(r"(?i)null|true|false|nan|[+-]?(inf|[\d._]+(e[+-]?\d+)?)")

Settings = Mapping[str, Mapping[str, Any]]
"""Maps the path of params.yaml, and of each recipe file in use, to what it holds."""


def options(settings: Settings, unused: set[str]) -> list[list[str]]:
    """Write the options of a `dvc exp run` that set every parameter on which the run could depend, a list a section.

    unused: the sections of streams that the run did not compute. Left out are they, the sections of other data sets,
    and what the report shows.
    """
    params = settings[PARAMS]
    dropped = unused | set(names("annotations", "reader")) - {params["dataset"]} | {"report"}
    sections = {name: value for name, value in params.items() if name not in dropped}
    groups = [{name: value for name, value in sections.items() if not isinstance(value, Mapping)}]
    groups += [{name: value} for name, value in sections.items() if isinstance(value, Mapping)]
    found = [[_option(*pair) for pair in flat(group)] for group in groups]
    for path, recipes in settings.items():
        if path != PARAMS:
            found.append([_option(f"{path}:{name}", value) for name, value in flat(recipes)])
    return found


def _option(name: str, value: Any) -> str:
    """Write an option for the shell, its value as hydra reads it, by which DVC reads options."""
    return f"-S {shlex.quote(f'{name}={_written(value)}')}"


def _written(value: Any) -> str:
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and not _NO_TEXT.fullmatch(value):
        return value
    return "'" + re.sub(r"(\\*)'", r"\1\1\\'", re.sub(r"(\\+)$", r"\1\1", value)) + "'"
