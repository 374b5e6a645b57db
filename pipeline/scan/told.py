"""Tells people what a check of a folder has found. Test: tests/scan/test_told.py."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.annotations.common.listed import ANNOTATION, OTHER, PACK, SUBTITLE, VIDEO
from pipeline.core.ids import shown
from pipeline.scan.check import Checked, Problem

SHOWN = 5
"""How many places are shown of each problem."""

_OF_ONE = re.compile(r"(['`]).*?\1|\d[\d.,]*")
"""What differs between causes of one kind: names and numbers."""


def told(folder: Path, dataset: str, checked: Checked) -> Iterator[str]:
    """Yield the lines that say what the folder holds."""
    yield f"{folder}, read as `dataset: {dataset}`"
    videos = checked.of(VIDEO)
    known = [one.seconds for one in videos if one.seconds is not None]
    unknown = f", {len(videos) - len(known)} of unknown length" if len(known) < len(videos) else ""
    yield f"  videos       {len(videos)}: {hours(sum(known))}{unknown}, {size(sum(one.size for one in videos))}"
    if videos:
        kinds = Counter(f"{one.codec} in {one.container.split(',')[0]}" for one in videos)
        yield f"  of them      {', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}"
    for kind in (SUBTITLE, ANNOTATION, PACK):
        if found := checked.of(kind):
            yield f"  {f'{kind}s':12} {len(found)}: {_first([one.name for one in found])}"
    if checked.no_queries:
        yield f"  queries      none ({checked.no_queries}): enough for a model that is not trained here"
    elif checked.assembled:
        queries, lost = checked.assembled.queries, len(checked.assembled.with_video)
        with_video = f", and {lost} of videos that cannot be used" if lost else ""
        yield f"  queries      {len(queries)} of {len({query.video_id for query in queries})} videos{with_video}"
    if others := [one.name for one in checked.glances if one.kind == OTHER]:
        yield f"  not read     {len(others)}: {_first(others)}"


def told_problems(problems: Sequence[Problem]) -> Iterator[str]:
    """Yield a line a kind of cause, the most frequent first: how often, the first cause, and the first places."""
    kinds: dict[str, list[Problem]] = {}
    for problem in problems:
        kinds.setdefault(_OF_ONE.sub("", problem.cause), []).append(problem)
    for found in sorted(kinds.values(), key=len, reverse=True):
        yield f"  {len(found)} x {shown(found[0].cause)}: {_first([problem.where for problem in found])}"


def size(count: int) -> str:
    """Return a number of bytes as people read it."""
    number, units = float(count), iter(("bytes", "KiB", "MiB", "GiB"))
    unit = next(units)
    while number >= 1024 and unit != "GiB":
        number, unit = number / 1024, next(units)
    return f"{number:.3g} {unit}" if number < 1000 else f"{number:,.0f} {unit}"


def hours(seconds: float) -> str:
    """Return a length as people read it."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min {rest:02} s"


def _first(names: Sequence[str]) -> str:
    """Return the first names on one line, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(map(shown, names[:SHOWN])) + (f" and {more} more" if more > 0 else "")
