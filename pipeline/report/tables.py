"""Makes the report's tables: warnings, what was left out, what extraction did, every parameter.

Test: tests/report/test_tables.py.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.core.flat import flat as dotted
from pipeline.core.grouped import first, grouped

LISTED = 200
"""How many causes the report lists for which something was left out."""

_TELLING = 50.0
"""Per cent of the queries: what a random ranking may reach of a number that is a headline."""

_FOUND = {
    "R@1": "first {:.1f} % of the time",
    "R@5": "among the first five {:.1f} %",
    "R@10": "among the first ten {:.1f} %",
}
"""R@K in words, of the right video."""

Json = Mapping[str, Any]


def badges(details: Json, config: Json, prepare: Json) -> list[dict[str, str]]:
    """List what limits the numbers; a row has `kind`, `warning` or `plain`, and `text`, the sentence.

    details, config, prepare: what details.json, config.json and prepare.json hold.
    """
    reported, protocol = details["reported_split"], details["protocol"]
    found = []
    if "reused" in config:
        found.append(("plain", f"reused model: trained on {config['reused']['dataset']}, not on these videos"))
    elif details["selection_split"] is None:
        found.append(("plain", "nothing was selected: the model needs no training"))
    elif protocol == "published":
        found.append(("warning", "published protocol: selected on the split it reports"))
    elif reported == details["selection_split"]:
        found.append(("warning", f"no test queries: reports {reported}, the split that selected the model"))
    else:
        found.append(("plain", f"honest protocol: selected on {details['selection_split']}, reports {reported}"))
    if leaks := prepare.get("leaks", {}).get("groups"):
        leaked, of = prepare["leaks"]["test_videos"], prepare["leaks"]["of"]
        whose = f"{leaked:,} of {of:,} test videos" if leaked else f"{len(leaks):,} video{'s' * (len(leaks) > 1)}"
        found.append(("warning", f"leak: the content of {whose} is in another split too, under another id"))
    if reason := prepare.get("val_held_out_of_train"):
        found.append(("plain", f"validation videos are held out of train: {reason}"))
    if prepare.get("pack", {}).get("val_equals_test"):
        drawn = "; val is drawn from train" if protocol == "honest" else ""
        found.append(("plain", f"the pack's val and test are the same queries, which are test here{drawn}"))
    if details["random_weights"]:
        names = ", ".join(details["random_weights"])
        found.append(("warning", f"random weights: the backbones of {names} were never trained"))
    if "author_weights" in config:
        file = config["author_weights"]["file"]
        found.append(("warning", f"weights of {file}, trained with the authors' code: the curves are those of others"))
    if config["shuffle_queries"]:
        found.append(("warning", "control run: the training queries were given to other videos"))
    return [{"kind": kind, "text": text} for kind, text in found]


def verdict(split: Json) -> str:
    """Say how SumR compares with that of a random ranking; three standard deviations count as clear."""
    difference = split["retrieval"]["SumR"] - split["chance"]["SumR"]
    luck = 3 * split["chance"]["SumR deviation"]
    if difference > luck:
        return "clearly above chance"
    return "below chance" if difference < -luck else "not to be told from chance"


def tiles(split: Json) -> list[dict[str, Any]]:
    """Make the tiles of the headline; a tile has `name`, `value`, `interval` (None where there is none) and `beside`.

    split: the split's entry in details.json. R@K has no tile where a random ranking gets more than half of the queries
    right, as it does with K of fewer than 2 K videos: such a number says more of the split than of the model.
    """
    retrieval, chance, intervals = split["retrieval"], split["chance"], split["intervals"]
    telling = [name for name in ("SumR", "R@1", "R@5", "R@10", "R@100") if name == "SumR" or chance[name] <= _TELLING]
    found = [
        {
            "name": name,
            "value": retrieval[name],
            "interval": intervals.get(name),
            "beside": f"chance {chance[name]:.1f}",
        }
        for name in telling
    ]
    if split["moments"]:
        beside = f"whole video {split['whole_video']['mIoU']:.1f}"
        value = split["moments"]["mIoU"]
        found.append({"name": "mIoU", "value": value, "interval": intervals.get("mIoU"), "beside": beside})
    return found


def any_right(splits: Mapping[str, Json]) -> str | None:
    """Say what the rows of any right video count; None where no query is known to have several right videos.

    splits: the splits of details.json by name.
    """
    several = {name: split["retrieval_any"] for name, split in splits.items() if "retrieval_any" in split}
    if not several:
        return None
    means = ", ".join(f"{numbers['right videos a query']:.2f} in {name}" for name, numbers in several.items())
    return (
        "Any right video: share of queries for which the own video or another one that answers the query too, as "
        f"right_answers.jsonl names them, is among the first K. A query has so many right videos on average: {means}. "
        "All other numbers, chance too, count the own video alone."
    )


def found_first(split: Json) -> str:
    """Say how often the right video is first, and within the most first places up to ten whose R@K has a tile.

    What a random ranking reaches is said of the same numbers. Empty where no R@K has a tile, as with one video.
    """
    tiled = {tile["name"] for tile in tiles(split)}
    named = [name for name in _FOUND if name in tiled]
    if not named:
        return ""
    names = list(dict.fromkeys((named[0], named[-1])))
    model = " and ".join(_FOUND[name].format(split["retrieval"][name]) for name in names)
    chance = " and ".join(f"{split['chance'][name]:.1f} %" for name in names)
    return f"the right video comes {model}; a random ranking reaches {chance}"


def left_out(prepare: Json, extractions: Mapping[str, Json]) -> list[dict[str, Any]]:
    """Group the annotations that were refused, and the videos and queries without features, by cause; the most first.

    A row has `cause`, `count`, how many were left out for it, and `named`, the first of them, each with the stages that
    left it out. extractions: the JSON of each feature stream by its name.
    """
    refused = [((f"{row['what']} {row['id']}", row["where"], "prepare"), row["cause"]) for row in prepare["refused"]]
    failed = [
        ((row.get("query_id", row["video_id"]), "", stream), row["cause"])
        for stream, numbers in extractions.items()
        for row in numbers.get("failures", [])
    ]
    rows = [_row(group.cause, group.where) for group in grouped(refused + failed)]
    return sorted(rows, key=lambda row: row["count"], reverse=True)


def _row(cause: str, places: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """Make the row of one cause; places: what was left out, where it is annotated, and which stage left it out."""
    stages: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for name, where, stage in places:
        stages[name, where][stage] += 1
    named = [f"{name} ({', '.join([*by, *filter(None, [where])])})" for (name, where), by in stages.items()]
    return {"cause": cause, "count": sum(max(by.values()) for by in stages.values()), "named": first(named)}


def extraction(extractions: Mapping[str, Json]) -> list[dict[str, Any]]:
    """Make a row for each feature stream that is in use; what a stream does not count is None."""
    return [
        {
            "stream": stream,
            "videos": numbers["videos"],
            "rows": numbers.get("clips", numbers.get("tokens")),
            "unit": "clips" if "clips" in numbers else "tokens",
            "computed": numbers.get("decoded", numbers.get("computed", 0)),
            "reused": numbers.get("reused", numbers.get("imported")),
            "failed": numbers.get("failed", 0),
            "seconds": _seconds(numbers),
            "times_real_time": numbers["times_real_time"] if numbers.get("decoded") else None,
        }
        for stream, numbers in extractions.items()
        if "unused" not in numbers
    ]


def _seconds(numbers: Json) -> float:
    """Read how long a stage took; a stream that decodes tells more than the total."""
    return numbers["seconds"]["total"] if isinstance(numbers["seconds"], Mapping) else numbers["seconds"]


def parameters(config: Json, training: Json, extractions: Mapping[str, Json]) -> list[tuple[str, Any]]:
    """List names and values: what the model was built with, how training went, and how each visual stream was made.

    The provenance of all streams, which the configuration has too, would name the same things twice.
    """
    provenance = {stream: numbers["recipe"] for stream, numbers in extractions.items() if "recipe" in numbers}
    summary = {name: value for name, value in training.items() if name != "history"}
    built_with = {name: value for name, value in config.items() if name != "provenance"}
    return flat(built_with) + flat({"training": summary, **provenance})


def flat(value: Json) -> list[tuple[str, Any]]:
    """Flatten nested mappings into dotted names and their values as the page shows them, in order."""
    return [(name, _plain(inner)) for name, inner in dotted(value)]


def _plain(value: Any) -> Any:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.6g}"
    return ", ".join(map(str, value)) or "none" if isinstance(value, Sequence) and not isinstance(value, str) else value
