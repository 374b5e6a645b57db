"""What a row of queries says otherwise than the project writes it, and what is meant.

Tests: tests/annotations/test_own_rows.py, tests/annotations/test_corrected.py.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PATHS = "names_by_extension_or_path"
LETTERS = "names_in_other_letters"
DECIMALS = "ids_as_decimal_numbers"
TEXTS = "times_as_text"
READ_SO = (PATHS, LETTERS, DECIMALS, TEXTS)
"""Kinds that can mean one thing: the row is read so, and counted."""

TYPO = "misspelt_names"
MILLISECONDS = "times_in_milliseconds"
ENCODING = "texts_in_an_older_encoding"
GUESSED = (TYPO, MILLISECONDS, ENCODING)
"""Kinds that most likely mean one thing: the row is refused, and corrected only in a copy that a person looks at."""


@dataclass(frozen=True)
class Correction:
    """One field of one row.

    kind: one of `READ_SO` or `GUESSED`; where: file:line below the source; field: `vid_name`, `desc_id`, `ts`, or
    `encoding` of the whole line; written, meant: its value there, and the one that takes its place (of times seconds).
    """

    kind: str
    where: str
    field: str
    written: Any
    meant: Any


def read_as_meant(corrections: Sequence[Correction]) -> dict[str, int]:
    """How many values were read as they are meant, by kind, all kinds of `READ_SO`."""
    counted = Counter(one.kind for one in corrections)
    return {kind: counted[kind] for kind in READ_SO}


def told_read_as_meant(corrections: Sequence[Correction]) -> str:
    """The same for people, those kinds that occur; empty where all was read as it stands."""
    return ", ".join(f"{count} {words(kind)}" for kind, count in read_as_meant(corrections).items() if count)


def words(kind: str) -> str:
    """A kind in words."""
    return kind.replace("_", " ")
