"""Tells in which older encoding lines are that are not UTF-8, and reads them in it. A guess, which a person looks at.

Test: tests/annotations/test_older_encodings.py.
"""

import contextlib
import re

from pipeline.core.ids import BadRecord
from pipeline.subtitles.encodings import older

LIKELIEST = "windows-1252"
"""What is taken where nothing tells otherwise, or where it gives the same text."""

_BROKEN = re.compile("[\udc80-\udcff]")


def told_encoding(raw: bytes) -> str | None:
    """Return the most likely encoding of text that is not UTF-8; None where not even the likeliest gives a text."""
    text = encoding = None
    with contextlib.suppress(BadRecord):
        text, encoding = older(raw)
    try:
        likely = raw.decode(LIKELIEST)
    except UnicodeDecodeError:
        return encoding
    return LIKELIEST if text in (None, likely) else encoding


def broken_lines(text: str) -> bytes:
    """Return the bytes of the lines that hold what is no UTF-8; text: decoded with `surrogateescape`."""
    lines = (line for line in text.split("\n") if not _is_whole(line))
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def mended(text: str) -> str:
    """Return the text with the lines that hold what is no UTF-8 read in the encoding that is told of them all.

    text: decoded with `surrogateescape`; it comes back as it is where no encoding can be told.
    """
    encoding = told_encoding(broken_lines(text)) if not _is_whole(text) else None
    if encoding is None:
        return text
    return "\n".join(line if _is_whole(line) else _read(line, encoding) for line in text.split("\n"))


def _is_whole(text: str) -> bool:
    return not _BROKEN.search(text)


def _read(line: str, encoding: str) -> str:
    return line.encode("utf-8", "surrogateescape").decode(encoding, "replace")
