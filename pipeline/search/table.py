"""Results as a table for a terminal. Test: tests/search/test_table.py."""

import math
from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size

from pipeline.search.plain_text import one_line
from pipeline.search.results import Results

HEADER = ("#", "unusual", "time", "video", "subtitles")
GAP = "  "
LEAST = 12
"""Columns below which no subtitles are shown."""
MOST_READ = 1000
"""Characters of a name or of subtitles that are looked at; no terminal is wider."""


def lines(results: Results, width: int) -> Iterator[str]:
    """Yield the lines of the table, none wider than `width` columns of a terminal.

    A long name keeps its end, where the file's name is, and long subtitles their beginning.
    """
    rows = [
        (
            str(hit.rank),
            f"{hit.unusual:.1f}",
            span(hit.start, hit.end, "-"),
            one_line(hit.video.name[-MOST_READ:]),
            one_line(hit.subtitle[:MOST_READ]),
        )
        for hit in results.hits
    ]
    widths = [max(cell_len(row[i]) for row in (HEADER, *rows)) for i in range(len(HEADER))]
    left = max(0, width - sum(widths[:3]) - 3 * len(GAP))
    has_subtitles = any(row[4] for row in rows) and left >= 2 * LEAST + len(GAP)
    name = min(widths[3], left // 2 if has_subtitles else left)
    spoken = left - name - len(GAP) if has_subtitles else 0
    for row in (HEADER, *rows):
        fixed = [row[0].rjust(widths[0]), row[1].rjust(widths[1]), row[2].ljust(widths[2])]
        shown = [*fixed, set_cell_size(_end(row[3], name), name), _start(row[4], spoken)]
        yield set_cell_size(GAP.join(shown).rstrip(), width).rstrip()


def clock(seconds: int) -> str:
    """Return whole seconds as 0:07, 1:02 or 1:02:03."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


def span(start: float, end: float, to: str) -> str:
    """Return the whole seconds that hold the moment, as 0:07 to 0:12, or `whole` where the moment is empty."""
    return f"{clock(math.floor(start))}{to}{clock(math.ceil(end))}" if end > start else "whole"


def _start(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…" if width else ""


def _end(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[1:]
    return f"…{text}"
