"""Groups what was refused by its cause, so that a thousand files with one fault are one line.

Test: tests/core/test_grouped.py.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline.core.ids import shown

SHOWN = 5
"""How many places are shown of each cause."""

_OF_ONE = re.compile(r"(['`]).*?\1|\d[\d.,]*")
"""What differs between causes of one kind: names and numbers."""


class Group(NamedTuple):
    """What was refused for causes of one kind; cause: the first one; where: all files, lines or ids."""

    cause: str
    where: list[str]


def grouped(refused: Iterable[tuple[str, str]]) -> list[Group]:
    """Group (where, cause) by kind of cause, the most frequent first."""
    kinds: dict[str, Group] = {}
    for where, cause in refused:
        kinds.setdefault(_OF_ONE.sub("", cause), Group(cause, [])).where.append(where)
    return sorted(kinds.values(), key=lambda group: len(group.where), reverse=True)


def told_groups(refused: Iterable[tuple[str, str]], indent: str = "  ") -> list[str]:
    """Return a line a kind of cause: how often, the first cause, and the first places."""
    return [f"{indent}{len(where)} x {shown(cause)}: {first(where)}" for cause, where in grouped(refused)]


def first(names: Sequence[str]) -> str:
    """Return the first names on one line, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(map(shown, names[:SHOWN])) + (f" and {more} more" if more > 0 else "")
