"""Groups what was refused by its cause, so that a thousand files with one fault are one line.

Test: tests/core/test_grouped.py.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from pipeline.core.ids import shown

SHOWN = 5
"""How many places are shown of each cause, and how many names."""

_NAME = re.compile(r"(?<!\w)(['\"`]).*?\1(?!\w)")
"""A name in quotes; an apostrophe within a word opens none."""

_OF_ONE = re.compile(rf"{_NAME.pattern}|0x[0-9a-f]+|\d[\d.,]*")
"""What differs between causes of one kind: names, bytes and numbers."""

Place = TypeVar("Place")


class Group(NamedTuple, Generic[Place]):
    """What was refused for causes of one kind.

    cause: the first one, and the names of which the others say the same; where: all files, lines or ids.
    """

    cause: str
    where: list[Place]


def grouped(refused: Iterable[tuple[Place, str]]) -> list[Group[Place]]:
    """Group (where, cause) by kind of cause, the most frequent first."""
    kinds: dict[str, tuple[dict[str, None], list[Place]]] = {}
    for where, cause in refused:
        causes, places = kinds.setdefault(_OF_ONE.sub("", cause), ({}, []))
        causes[cause] = None
        places.append(where)
    groups = [Group(_told(list(causes)), places) for causes, places in kinds.values()]
    return sorted(groups, key=lambda group: len(group.where), reverse=True)


def told_groups(refused: Iterable[tuple[str, str]], indent: str = "  ") -> list[str]:
    """Return a line a kind of cause: how often, the first cause, and the first places."""
    return [f"{indent}{len(where)} x {cause}: {first(where)}" for cause, where in grouped(refused)]


def first(names: Sequence[str]) -> str:
    """Return the first names on one line, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(map(shown, names[:SHOWN])) + (f" and {more} more" if more > 0 else "")


def _told(causes: Sequence[str]) -> str:
    """The first cause of a kind, and what stands in the others for the first of its names that is not in all."""
    in_each = zip(*([found[0] for found in _NAME.finditer(cause)] for cause in causes), strict=False)
    others = next((names[1:] for names in map(list, map(dict.fromkeys, in_each)) if len(names) > 1), None)
    return shown(causes[0]) + (f"; the same goes for {first(others)}" if others else "")
