"""Finds data sets, models and streams by their folders, so that adding one changes no other file.

Test: tests/core/test_plugins.py.
"""

import difflib
import inspect
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import TypeVar

PIPELINE = Path(__file__).resolve().parents[1]
Base = TypeVar("Base")


def names(room: str, module: str) -> list[str]:
    """Return the names of the folders of pipeline/`room` that hold `module`.py, sorted; none of them is imported.

    The folder `common`, which the others share, is none of them.
    """
    return sorted(path.parent.name for path in (PIPELINE / room).glob(f"*/{module}.py") if path.parent.name != "common")


def known(name: str, allowed: Iterable[str]) -> str:
    """Return `name`; raises ValueError, which names the most similar allowed name, where it is not allowed."""
    if name not in (found := list(allowed)):
        raise ValueError(f"it is none of {', '.join(found)}; did you mean `{nearest(name, found)}`?")
    return name


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return the allowed name that is most like `name`."""
    return difflib.get_close_matches(name, list(allowed), n=1, cutoff=0.0)[0]


def only_class(module: ModuleType, base: type[Base]) -> type[Base]:
    """Return the one class below `base` that the module defines; raises TypeError where it defines none or several."""
    found = [
        value
        for _, value in inspect.getmembers(module, inspect.isclass)
        if issubclass(value, base) and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise TypeError(f"{module.__name__} must define one subclass of {base.__name__}, not {len(found)}")
    return found[0]
