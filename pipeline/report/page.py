"""Writes the report: one HTML file that needs no other file, and is the same for the same inputs.

Test: tests/report/test_page.py.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2

from pipeline.core.files import read_json, read_jsonl
from pipeline.core.manifest import Video, read_queries, read_videos
from pipeline.report import charts, moment_tables, moments, tables, training
from pipeline.report.doubts import doubts
from pipeline.report.examples import choose, example, take_pictures
from pipeline.report.links import PAGE, file_link
from pipeline.report.reproduce import options
from pipeline.report.searchable import searchable
from pipeline.report.videos import MOST_PICTURES, MOST_QUERIES, MOST_VIDEOS, listed
from pipeline.video.params import DecodeParams

TEMPLATES = Path(__file__).parent / "template"


def render(outputs: Path, examples: int, limits: DecodeParams) -> str:
    """Render the page about everything below the folder `outputs`; examples: how many queries it shows in full.

    limits: how long taking pictures of a video may last. Raises PipelineError where a file of an earlier stage is
    missing.
    """
    details = read_json(outputs / "evaluation" / "details.json")
    config = read_json(outputs / "model" / "config.json")
    trained = read_json(outputs / "model" / "training.json")
    prepare = read_json(outputs / "manifest" / "prepare.json")
    extractions = {path.stem: read_json(path) for path in sorted((outputs / "features").glob("*.json"))}
    videos = read_videos(outputs / "manifest" / "videos.jsonl")
    left_out = tables.left_out(prepare, extractions)
    parameters = tables.parameters(config, trained, extractions)
    split, rankings = details["reported_split"], []
    if split:
        rankings = read_jsonl(outputs / "evaluation" / f"rankings_{split}.jsonl")
        shown = _examples(outputs, split, rankings, videos, examples, limits)
        own = _evaluated(outputs, details, trained, shown)
        parameters.append(("evaluate.answer", details["answer"]["asked"]))
    else:
        own = {"reported": None, "searchable": searchable(details, config, videos)}
    failures = [row for numbers in extractions.values() for row in numbers.get("failures", [])]
    missing = {row["video_id"] for row in failures if "query_id" not in row}
    queries = read_queries(outputs / "manifest" / "queries.jsonl")
    searches = "imported" not in extractions["query"]  # else nothing here can encode a sentence
    unused = {stream for stream, numbers in extractions.items() if "unused" in numbers}
    environment = _environment()
    script = environment.get_template("report.js").render()
    return environment.get_template("page.html").render(
        **own,
        details=details,
        reused=config.get("reused"),
        badges=tables.badges(details, config, prepare),
        prepare=prepare,
        videos=len(videos),
        most={"videos": MOST_VIDEOS, "pictures": MOST_PICTURES, "queries": MOST_QUERIES},
        searches=searches,
        without_files=not any(video.path for video in videos),
        listed={"search": PAGE if searches else None, **listed(videos, queries, missing, rankings, limits)},
        doubts=doubts({"prepare": prepare, **extractions}),
        left_out=left_out[: tables.LISTED],
        left_out_more=max(len(left_out) - tables.LISTED, 0),
        extraction=tables.extraction(extractions),
        parameters=parameters,
        command=options(read_json(outputs / "scan" / "parameters.json"), unused),
        script_hash=b64encode(sha256(script.encode()).digest()).decode("ascii"),
    )


def _evaluated(
    outputs: Path,
    details: Mapping[str, Any],
    trained: Mapping[str, Any],
    examples: Mapping[str, Sequence[Mapping[str, Any]]],
) -> dict[str, Any]:
    """Collect what the page shows of queries and of training."""
    reported = details["splits"][details["reported_split"]]
    constants = moments.constants(reported, details["answer"])
    curves = outputs / "training" / "plots" / "metrics"
    return {
        "reported": reported,
        "tiles": tables.tiles(reported),
        "found_first": tables.found_first(reported),
        "verdict": tables.verdict(reported),
        "any_right": tables.any_right(details["splits"]),
        "answers": moments.columns(reported, details["answer"]) if reported["moments"] else [],
        "constants": constants,
        "tasks": moment_tables.tasks(reported, constants) if reported["moments"] else [],
        "lists": moments.lists(reported),
        "by_type": moment_tables.by_type(reported),
        "errors": moment_tables.errors(reported),
        "choice": moments.choice(reported, details["answer"]),
        "spread": moments.spread(reported),
        "width_chart": moments.width_chart(details["answer"]),
        "recall_chart": _recall_chart(read_json(outputs / "evaluation" / "recall.json")),
        "training_charts": training.training_charts(curves, trained, details["selection_split"]),
        "epoch_choice": training.choice(trained),
        "examples": examples,
        "has_curves": any(one["curves"] for shown in examples.values() for one in shown),
    }


def _recall_chart(curve: list[Mapping[str, float]]) -> dict[str, Any]:
    lines = {
        "model": [(point["K"], point["R@K"]) for point in curve],
        "chance": [(point["K"], point["chance"]) for point in curve],
    }
    return charts.line_chart("R@K in per cent", "K, videos looked at", lines, floor=0, ceiling=100)


def _examples(
    outputs: Path,
    split: str,
    rankings: Sequence[dict[str, Any]],
    videos: Sequence[Video],
    count: int,
    limits: DecodeParams,
) -> dict[str, list[dict[str, Any]]]:
    """Collect the hits and the misses that the page shows in full."""
    chosen = dict(zip(("Hits", "Misses"), choose(rankings, count), strict=True))
    moments = {row["video_id"]: row for row in read_jsonl(outputs / "evaluation" / f"moments_{split}.jsonl")}
    curves = read_jsonl(outputs / "evaluation" / f"boundaries_{split}.jsonl")
    boundaries = {row["query_id"]: row for row in curves if row["clip_ends"]}
    links = {video.video_id: file_link(video.path) for video in videos}
    durations = {video_id: row["duration"] for video_id, row in moments.items()}
    by_id = {video.video_id: video for video in videos}
    pictures = take_pictures([row for rows in chosen.values() for row in rows], durations, by_id, limits)
    return {
        name: [example(row, moments[row["video_id"]], boundaries.get(row["query_id"]), pictures, links) for row in rows]
        for name, rows in chosen.items()
    }


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Compact, and in the order given: most of the page is this.
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    environment.filters["tenths"] = lambda value: f"{value:.1f}"
    environment.filters["seconds"] = lambda value: f"{value:.1f} s"
    environment.filters["share"] = lambda value: "" if value is None else f"{100 * value:.2g} %"
    environment.filters["count"] = lambda value: f"{value:,}"
    environment.filters["parts"] = lambda name: re.split(r"(?<=[._])", name)
    return environment
