"""What was left out, cut or looks doubtful, in every stage's numbers: as loud as a failed video.

A stage's JSON is searched for `{"count": ..., "of": ...}`, for numbers `x` that have an `x_share` beside them, and for
the names below. A new count of such a form appears here without a change. Test: tests/report/test_doubts.py.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]

WHOLES = {
    "failed": ("without features", ("queries", "videos")),
    "truncated": ("cut to the most tokens that are read", ("sentences", "queries")),
    "sentences_outside": ("subtitle sentences outside the video", ("sentences",)),
    "durations_differ": ("lengths that are not the decoded one", ("videos",)),
}
"""Numbers of a stage that count such things, in words, and the first number beside them of which they are a part."""

NOT_SEARCHED = ("recipe", "leaks", "refused", "refused_counts", "failures")


def doubts(stages: Mapping[str, Json]) -> list[dict[str, Any]]:
    """Every count above 0 as `stage`, `what`, `count` and `share` (None where it is not known), stage by stage."""
    rows = [{"stage": stage, **row} for stage, numbers in stages.items() for row in _counts(numbers)]
    return [row for row in rows if row["count"]]


def _counts(numbers: Json, name: str = "") -> Iterator[dict[str, Any]]:
    if numbers.keys() == {"count", "of"}:
        yield {"what": _words(name), "count": numbers["count"], "share": _share(numbers["count"], numbers["of"])}
        return
    for key, value in numbers.items():
        if key in NOT_SEARCHED:
            continue
        if isinstance(value, Mapping):
            yield from _counts(value, key)
        elif f"{key}_share" in numbers:
            yield {"what": _words(key), "count": value, "share": numbers[f"{key}_share"]}
        elif key in WHOLES and isinstance(value, int):
            words, wholes = WHOLES[key]
            whole = next((numbers[other] for other in wholes if other in numbers), None)
            yield {"what": words, "count": value, "share": _share(value, whole)}


def _share(count: int, whole: int | None) -> float | None:
    return count / whole if whole else None


def _words(key: str) -> str:
    return key.replace("_", " ")
