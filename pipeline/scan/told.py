"""Tells people what a check of a folder has found. Test: tests/scan/test_told.py."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.annotations.common.corrections import GUESSED, READ_SO, Correction, words
from pipeline.annotations.common.listed import ANNOTATION, OTHER, PACK, SUBTITLE, VIDEO
from pipeline.core.amounts import hours, size
from pipeline.core.grouped import first, told_groups
from pipeline.core.ids import shown
from pipeline.scan.check import Checked, Problem


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
            yield f"  {f'{kind}s':12} {len(found)}: {first([one.name for one in found])}"
    if checked.no_queries:
        yield f"  queries      none ({checked.no_queries}): enough for a model that is not trained here"
    elif checked.assembled:
        queries, lost = checked.assembled.queries, len(checked.assembled.with_video)
        with_video = f", and {lost} of videos that cannot be used" if lost else ""
        yield f"  queries      {len(queries)} of {len({query.video_id for query in queries})} videos{with_video}"
    for name, fields in (checked.annotations.unread_columns if checked.annotations else {}).items():
        yield f"  not read     of {name}: {first(fields)}"
    if others := [one.name for one in checked.glances if one.kind == OTHER]:
        yield f"  not read     {len(others)}: {first(others)}"


def told_problems(problems: Sequence[Problem]) -> Iterator[str]:
    """Yield a line a kind of cause, the most frequent first: how often, the first cause, and the first places."""
    yield from told_groups((problem.where, problem.cause) for problem in problems)


def told_corrections(corrections: Sequence[Correction]) -> Iterator[str]:
    """Yield a line a kind of what was read as it is meant, and of what a corrected copy would say besides."""
    for kinds, heading in ((READ_SO, "Read as it is meant:"), (GUESSED, "What a copy would correct:")):
        found = {kind: [one for one in corrections if one.kind == kind] for kind in kinds}
        if any(found.values()):
            yield heading
        for kind, ones in found.items():
            if ones:
                yield f"  {len(ones)} {words(kind)}: {first([told_correction(one) for one in ones])}"


def told_correction(one: Correction) -> str:
    """Return what stands where, and what is meant."""
    return f"{one.where} {one.field} {_value(one.written)} -> {_value(one.meant)}"


def _value(value: object) -> str:
    return " - ".join(map(_value, value)) if isinstance(value, list | tuple) else shown(value)[:60]
