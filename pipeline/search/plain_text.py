"""Makes text of unknown origin harmless where it is shown, without hiding that it was strange.

The names of files and the lines of subtitles hold whatever somebody wrote into them: colours and cursor movements for a
terminal, characters that reverse the order of what follows, line breaks, formulas for a spreadsheet.
Test: tests/search/test_plain_text.py.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_JOINERS = "\u200c\u200d"
"""Invisible, but without them Persian words and many emoji fall apart."""
_FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a spreadsheet would begin a formula: at the start of a cell, which some end at a semicolon."""


def one_line(text: str) -> str:
    """Return the text as one printable line: white space as blanks, control characters as escapes such as `\\x1b`.

    Characters that change the direction of writing count as control characters, as do halves of characters, which
    UTF-8 and XML cannot hold.
    """
    return "".join(_printable(character) for character in text)


def cell(text: str) -> str:
    """Return the text as one printable line that no spreadsheet takes for a formula: it has a `'` before the sign."""
    return _FORMULA.sub(r"\1\2'", one_line(text))


def csv_bytes(rows: Iterable[Sequence[str | float]]) -> bytes:
    """Return rows as CSV in UTF-8, in which every text is a `cell`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([cell(value) if isinstance(value, str) else value for value in row] for row in rows)
    return out.getvalue().encode("utf-8")


def _printable(character: str) -> str:
    if character.isspace():
        return " "
    if character.isprintable() or character in _JOINERS:
        return character
    return character.encode("unicode_escape").decode("ascii")
