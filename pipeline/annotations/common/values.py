"""What a person or a program means by a value of a row of queries: empty cells, times, spans, ids.

Only what can mean one thing is read; the rest stays as it is, for what checks it next to refuse. Test:
tests/annotations/test_values.py.
"""

import json
import re
from typing import Any, Self

from pipeline.core.ids import BadRecord, shown

NO_VALUE = frozenset({"", "nan", "na", "n/a", "#n/a", "<na>", "nat", "none", "null"})
"""What programs write into a cell that is empty, in small letters."""

_DECIMAL = r"(?:\d+(?:[.,]\d*)?|[.,]\d+)"
NUMBER = re.compile(rf"[+-]?{_DECIMAL}(?:e[+-]?\d+)?", re.IGNORECASE)
THOUSANDS = re.compile(r"\d{1,3},\d{3}")
CLOCK = re.compile(r"(?:(\d+):)?(\d+):([0-5]?\d(?:[.,]\d+)?)")
UNITS = re.compile(
    rf"(?:({_DECIMAL})\s*h(?:ours?)?)?\s*(?:({_DECIMAL})\s*m(?:in(?:utes?)?)?)?\s*(?:({_DECIMAL})\s*s(?:ec(?:onds?)?)?)?",
    re.IGNORECASE,
)
FRAMES = re.compile(r"\d+:\d+:\d+[:;]\d+")
LONGEST = 60
"""The most characters of a time, or of a span, that is written as text."""

_BRACKETS = str.maketrans("", "", "[](){}\"'")
_BETWEEN = (r"\s*(?:;|-->|\u2013|\u2014|-|\bto\b)\s*", r"\s*,\s+", r"\s*,\s*", r"\s+")
"""What stands between the two times of a span that is written as one text, the surest first."""


class WithUnit(float):
    """Seconds of a time that says its unit, as `1:02.5` and `12 s` do, so that it cannot mean another one.

    text: the time as it is written.
    """

    text: str

    def __new__(cls, seconds: float, text: str) -> Self:
        """seconds: what `text` says."""
        made = super().__new__(cls, seconds)
        made.text = text
        return made


def is_empty(value: Any) -> bool:
    """Whether the value stands for an empty cell: None, NaN, or what programs write for one."""
    return value is None or value != value or (isinstance(value, str) and value.strip().lower() in NO_VALUE)


def seconds_written(text: str, comma_is_decimal: bool = False) -> float | None:
    """Return the seconds of a time as `11`, `12,5`, `0:12`, `1:02:03.5` or `1 min 30 s`; None where it is none.

    The seconds of all but the first two are a `WithUnit`. comma_is_decimal: whether `1,234` is a little more than 1,
    which else may be a thousand as well. Raises BadRecord for a time with frames.
    """
    text = text.strip()
    if len(text) > LONGEST:
        return None
    if FRAMES.fullmatch(text):
        raise BadRecord(f"{shown(text)!r} counts frames, whose rate is not told: write seconds, or h:mm:ss.s")
    if NUMBER.fullmatch(text):
        return None if THOUSANDS.fullmatch(text) and not comma_is_decimal else _float(text)
    clock = CLOCK.fullmatch(text)
    if clock:
        if clock[1] and int(clock[2]) >= 60:
            return None
        return WithUnit(int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + _float(clock[3]), text)
    units = UNITS.fullmatch(text)
    if not text or not units:
        return None
    parts = zip(units.groups(), (3600, 60, 1), strict=True)
    return WithUnit(sum(_float(part or "0") * size for part, size in parts), text)


def time_written(value: Any) -> Any:
    """Return the seconds of a time that is written as text, or None of an empty cell; anything else as it is."""
    if is_empty(value):
        return None
    seconds = seconds_written(value) if isinstance(value, str) else None
    return value if seconds is None else seconds


def span_written(value: Any) -> Any:
    """Return [start, end] in seconds of a span that is written with texts, or as one; None where both cells are empty.

    `0:12 - 0:31`, `[12.5, 31]` and `12 to 31` are such texts. What is no span stays as it is.
    """
    if isinstance(value, str):
        value = _parts(value)
    if not isinstance(value, list | tuple):
        return value
    times = [time_written(one) for one in value]
    return None if len(times) == 2 and times == [None, None] else times


def says_unit(span: Any) -> bool:
    """Whether one of the times of a span says its unit; span: what `span_written` returns."""
    return isinstance(span, list) and any(isinstance(one, WithUnit) for one in span)


def whole_number(value: Any) -> Any:
    """Return 7 for 7.0, which is how tables write a whole number whose column has an empty cell; else `value`."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _float(text: str) -> float:
    return float(text.replace(",", "."))


def _parts(text: str) -> Any:
    """The two ends of a span that is one text; the text where it has no two, None where it is empty."""
    try:
        document = json.loads(text)
        if isinstance(document, list):
            return document
    except (ValueError, RecursionError):
        pass
    if is_empty(text) or len(text) > LONGEST:
        return None if is_empty(text) else text
    plain = text.translate(_BRACKETS).strip()
    for between in _BETWEEN:
        parts = re.split(between, plain)
        if len(parts) == 2 and all(isinstance(time_written(part), float) for part in parts):
            return parts
    return text
