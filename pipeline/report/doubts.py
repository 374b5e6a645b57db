"""Finds in the numbers of every stage what was left out, was cut or looks doubtful, so that the report shows it.

It searches the JSON of each stage for values of the form `{"count": ..., "of": ...}` and for the keys of COUNTED. A
stage that writes a new value of the first form needs no change here.
Test: tests/report/test_doubts.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.core.left_out import WORDS
from pipeline.feature_io.cuts import advice

Json = Mapping[str, Any]

COUNTED = {
    "failed": ("without features", ("queries", "videos")),
    "truncated": ("cut to the most tokens that are read", ("sentences", "queries")),
    "sentences_outside": (WORDS["sentences_outside"], ("sentences",)),
    "files_not_chosen": ("subtitle files left for another one of the same video", ("files",)),
    "leaks": ("contents that lie in two splits under two ids", ()),
    "unmatched": ("files of the source that are not read", ()),
    "other_durations": ("videos whose decoded length is not the manifest's", ("videos",)),
    "equal": ("groups of queries of different words with the same features", ()),
    "devices": ("videos with features of another kind of device than most", ("videos",)),
}
"""Other counts by key: in words, and the keys whose number may be the whole; the first that is there is taken."""

NOT_SEARCHED = ("recipe", "refused", "refused_counts", "failures")
SHOWN = 5


def doubts(stages: Mapping[str, Json]) -> list[dict[str, Any]]:
    """List every count above 0, stage by stage; stages: the JSON of each stage by its name.

    A row has `stage`, `what` (in words), `count`, `share` (of the whole, None where that is not known) and `named`
    (some of the things that are counted).
    """
    rows = [{"stage": stage, **row} for stage, numbers in stages.items() for row in _counts(numbers)]
    return [row for row in rows if row["count"]]


def _counts(numbers: Json) -> Iterator[dict[str, Any]]:
    for key, value in numbers.items():
        if key in NOT_SEARCHED:
            continue
        if isinstance(value, Mapping) and value.keys() == {"count", "of"}:
            yield _row(_words(key), value["count"], value["of"])
        elif key in COUNTED:
            words, wholes = COUNTED[key]
            count, names = _count(key, value), _names(key, value, numbers)
            yield _row(words, count, next((numbers[whole] for whole in wholes if whole in numbers), None), names)
        elif isinstance(value, Mapping):
            yield from _counts(value)


def _row(what: str, count: int, whole: int | None = None, names: Sequence[str] = ()) -> dict[str, Any]:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    share = count / whole if whole else None
    return {"what": what, "count": count, "share": share, "named": "; ".join(names[:SHOWN]) + more}


def _count(key: str, value: Any) -> int:
    if key == "leaks":
        return len(value["groups"])
    if key == "unmatched":
        return value["files"]
    if key == "devices":
        return sum(value.values()) - max(value.values(), default=0)
    return len(value) if isinstance(value, list) else value


def _names(key: str, value: Any, beside: Json) -> list[str]:
    """Describe each thing that is counted, or say what to do about them; beside: the other numbers of the stage."""
    if key == "truncated" and "max_tokens_advised" in beside:
        return [advice(beside)]
    if key == "leaks":
        return [
            " = ".join(f"{video_id} ({split})" for split, ids in group.items() for video_id in ids)
            for group in value["groups"]
        ]
    if key == "unmatched":
        return [*value["first"], *[""] * (value["files"] - len(value["first"]))]
    if key == "devices":
        return [f"{number:,} {kind}" for kind, number in value.items()]
    if key == "equal":
        return [" = ".join(group["query_ids"]) for group in value]
    if key == "other_durations":
        return [f"{one['video_id']} ({one['decoded']:.1f} s, not {one['manifest']:.1f} s)" for one in value]
    return []


def _words(key: str) -> str:
    return WORDS.get(key, key.replace("_", " "))
