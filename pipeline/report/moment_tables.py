"""Makes the tables of moments: the three tasks, also by type of query, and where moments are missed.

Test: tests/report/test_moment_tables.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any

CUTS = ("r1", "r5", "r10", "r100")
TYPES = {"v": "seen", "t": "said", "vt": "seen + said"}
"""TVR's types of queries in words: where that is what the query asks for."""

Json = Mapping[str, Any]


def tasks(split: Json, constants: Sequence[Json]) -> list[dict[str, Any]]:
    """Make a row for video retrieval, for each IoU threshold of the two tasks of spans, and for mIoU; per cent.

    A row has `name`, `values` (R@1, 5, 10 and 100, None where there is no such number) and `beside` (R@1 of the spans
    that know nothing). split: the split's entry in details.json, with spans; constants: the columns of those spans.
    """
    measured, moments = split["tasks"], split["moments"]
    rows = [{"name": "VR", "values": _cuts(measured["VR"], ""), "beside": [None for _ in constants]}]
    for task in ("SVMR", "VCMR"):
        for threshold in _thresholds(measured[task]):
            beside = [column["metrics"][f"{task} R@1 IoU={threshold}"] for column in constants]
            values = _cuts(measured[task], f"{threshold}-")
            rows.append({"name": f"{task}, IoU {threshold}", "values": values, "beside": beside})
    means = [column["metrics"]["mIoU"] for column in constants]
    return [*rows, {"name": "mIoU", "values": [moments["mIoU"], *[None] * (len(CUTS) - 1)], "beside": means}]


def by_type(split: Json) -> list[dict[str, Any]]:
    """Make a row for each task, threshold and type of query, as far as they are known, with `name`, `type`, `values`.

    split: the split's entry in details.json. `name` is empty where it is that of the row above.
    """
    rows = []
    for task in ("VR", "SVMR", "VCMR"):
        measured = split["tasks"].get(f"{task}_by_type", {})
        types = [kind for kind in TYPES if any(key.startswith(f"{kind}-") for key in measured)]
        for threshold in _thresholds(split["tasks"][task]) if types else []:
            name, middle = (f"{task}, IoU {threshold}", f"{threshold}-") if threshold else (task, "")
            rows += [
                {"name": "" if number else name, "type": TYPES[kind], "values": _cuts(measured, f"{kind}-{middle}")}
                for number, kind in enumerate(types)
            ]
    return rows


def errors(split: Json) -> list[tuple[str, list[dict[str, Any]]]]:
    """Make a table for the length and one for the place of moments: its title, and rows with `name`, the group's name.

    split: the split's entry in details.json; there are no tables where no query has an annotated span.
    """
    found = split["moment_errors"] or {"length": [], "position": []}
    length = [{**group, "name": f"{group['from']:.1f} to {group['to']:.1f} s"} for group in found["length"]]
    place = [
        {**group, "name": f"{100 * group['from']:.0f} to {100 * group['to']:.0f} %"} for group in found["position"]
    ]
    titles = ("Length of the moment", "Place in the video")
    return [(title, rows) for title, rows in zip(titles, (length, place), strict=True) if rows]


def _cuts(measured: Json, prefix: str) -> list[float]:
    return [measured[f"{prefix}{cut}"] for cut in CUTS]


def _thresholds(measured: Json) -> list[str]:
    """List the IoU thresholds of a task, as its keys have them; a single empty one where it has none."""
    return [key.removesuffix("-r1") for key in measured if key.endswith("-r1")] or [""]
