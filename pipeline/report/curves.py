"""Draws where a localizer expects the moment to start and to end: two lines over the clips of the query's own video.

Test: tests/report/test_curves.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any

HEIGHT = 20
"""Of a line, in units of which the video's length has 100."""


def curves(row: Mapping[str, Any], duration: float) -> list[dict[str, Any]]:
    """Lay out the lines of a query, each with `name`, `points`, `peak`, its largest value, and `at`, the second of it.

    row: that of boundaries_*.jsonl. duration: of the video, in seconds. A line has a step for each clip and reaches to
    the top at its peak. There a moment would start with the clip, or end with it.
    """
    ends = row["clip_ends"]
    starts = [0.0, *ends[:-1]]
    return [_curve(name, row[name], starts, ends, at, duration) for name, at in (("start", starts), ("end", ends))]


def _curve(
    name: str,
    values: Sequence[float],
    starts: Sequence[float],
    ends: Sequence[float],
    at: Sequence[float],
    duration: float,
) -> dict[str, Any]:
    peak = max(values)
    points = [
        (round(min(100 * second / duration, 100), 2), round(HEIGHT * (1 - value / (peak or 1)), 2))
        for value, *clip in zip(values, starts, ends, strict=True)
        for second in clip
    ]
    return {"name": name, "points": points, "peak": peak, "at": at[values.index(peak)]}
