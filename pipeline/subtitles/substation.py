"""Reads the cues of .ass and .ssa files (SubStation Alpha), in which a line `Dialogue:` is a cue.

Test: tests/subtitles/test_substation.py.
"""

import re
from collections.abc import Iterator

from pipeline.core.ids import BadRecord
from pipeline.subtitles.cue import Cue
from pipeline.subtitles.timed_lines import CLOCK, lines_of, seconds

FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
"""The order of the cells in a file that has no `Format:` line of events."""

TIME = re.compile(rf"\s*{CLOCK}\s*")
OVERRIDE = re.compile(r"\{([^{}]*)\}")
DRAWING = re.compile(r"\\p(\d)")


def substation(text: str) -> Iterator[Cue]:
    """Yield the cues in the order of the file; one that cannot be read has a fault.

    Raises BadRecord where there is none. Comments, overrides and drawings are left out.
    """
    fields: tuple[str, ...] = FIELDS
    in_events = empty = True
    for number, line in enumerate(lines_of(text), 1):
        kind, _, content = line.strip().partition(":")
        if kind.startswith("["):
            in_events = kind.lower() == "[events]"
        elif in_events and kind.lower() == "format":
            fields = tuple(name.strip().lower() for name in content.split(","))
        elif in_events and kind.lower() == "dialogue":
            empty = False
            yield _cue(number, dict(zip(fields, content.split(",", len(fields) - 1), strict=False)))
    if empty:
        raise BadRecord("no cue in it: no line begins with `Dialogue:`")


def _cue(number: int, cells: dict[str, str]) -> Cue:
    start, end = (TIME.fullmatch(cells.get(name, "")) for name in ("start", "end"))
    if not start or not end:
        return Cue(number, fault="no start and end as in 0:00:01.50,0:00:03.00")
    if "text" not in cells:
        return Cue(number, fault="it has fewer cells than its `Format:` line")
    text = _spoken(cells["text"]).replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")
    return Cue(number, seconds(*start.groups()), seconds(*end.groups()), text)


def _spoken(text: str) -> str:
    """Return the text without overrides, and without the drawings that an override has switched on."""
    kept, drawing = [], False
    for at, piece in enumerate(OVERRIDE.split(text)):
        if at % 2:
            drawing = ([drawing] + [digit != "0" for digit in DRAWING.findall(piece)])[-1]
        elif not drawing:
            kept.append(piece)
    return "".join(kept)
