"""Checks ids and values that come from outside: an id becomes an HDF5 key and may become a file name.

Tests: tests/core/test_ids.py, tests/core/test_ids_properties.py.
"""

import math
import re
import unicodedata
from typing import Any

MAX_ID_BYTES = 200


class BadRecord(ValueError):
    """One record of the annotations cannot be used; the message says why."""


def shown(value: object) -> str:
    """Return `value` as one printable line of at most 300 characters, for messages and lists of what was refused."""
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[:300])


def id_of(value: Any, name: str) -> str:
    """Return an id as text; whole numbers are accepted. Raises BadRecord for what cannot be an id.

    Unicode can write an accented letter as one character or as two, as in the names of files on a Mac. In an id it is
    one character (NFC), so that both spellings are the same id.
    """
    if value is None or value == "":
        raise BadRecord(f"`{name}` is missing or empty")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadRecord(f"`{name}` is neither a text nor a whole number")
    text = unicodedata.normalize("NFC", str(value))
    if text in (".", ".."):
        raise BadRecord(f"`{name}` is {text!r}, which names a folder")
    if "/" in text or "\\" in text:
        raise BadRecord(f"`{name}` holds a slash or backslash; an id is a plain name, not a path")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        raise BadRecord(f"`{name}` holds a line break, a control character or broken text")
    if not text.strip():
        raise BadRecord(f"`{name}` holds only spaces")
    if len(text.encode("utf-8")) > MAX_ID_BYTES:
        raise BadRecord(f"`{name}` is longer than {MAX_ID_BYTES} bytes")
    return text


def sentence_of(value: Any, name: str) -> str:
    """Return a sentence, with white space and control characters collapsed.

    Raises BadRecord where it is not text, not valid Unicode, or without a word.
    """
    if not isinstance(value, str):
        raise BadRecord(f"`{name}` is {'missing' if value is None else 'not a text'}")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise BadRecord(f"`{name}` is not valid Unicode text") from None
    if not any(character.isalnum() for character in value):
        raise BadRecord(f"`{name}` holds no word")
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", value).split())


def seconds_of(value: Any, name: str) -> float:
    """Return a time in seconds; raises BadRecord where it is not finite, or negative."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRecord(f"`{name}` is {'missing' if value is None else 'not a number'}: {shown(value)[:40]}")
    try:
        seconds = float(value)
    except OverflowError:
        seconds = math.inf
    if not math.isfinite(seconds):
        raise BadRecord(f"`{name}` is not a finite number")
    if seconds < 0:
        raise BadRecord(f"`{name}` is negative: {seconds:g}")
    return seconds


def span_of(value: Any, name: str) -> tuple[float, float]:
    """Return a [start, end] pair of seconds as a tuple; raises BadRecord where it is none.

    `assemble` checks whether the span fits its video.
    """
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise BadRecord(f"`{name}` is not a [start, end] pair")
    return seconds_of(value[0], name), seconds_of(value[1], name)


def duration_of(value: Any, name: str) -> float:
    """Return a length in seconds; raises BadRecord where it is not above zero."""
    seconds = seconds_of(value, name)
    if seconds == 0:
        raise BadRecord(f"`{name}` is zero")
    return seconds
