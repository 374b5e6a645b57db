"""Writes the report: one HTML file that needs no other file, and is the same for the same inputs.

Test: tests/report/test_page.py.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from pipeline.core.files import read_json, read_jsonl
from pipeline.core.manifest import read_videos
from pipeline.core.runtime import resolve
from pipeline.report import charts, moment_tables, moments, tables
from pipeline.report.doubts import doubts
from pipeline.report.examples import choose, example, take_pictures
from pipeline.report.links import file_link
from pipeline.report.searchable import searchable

TEMPLATES = Path(__file__).parent


def render(outputs: Path, examples: int) -> str:
    """Render the page about everything below the folder `outputs`; examples: how many queries it shows in full.

    Of videos without queries it shows pictures of so many videos. Raises PipelineError where a file of an earlier stage
    is missing.
    """
    details = read_json(outputs / "evaluation" / "details.json")
    config = read_json(outputs / "model" / "config.json")
    prepare = read_json(outputs / "manifest" / "prepare.json")
    extractions = {path.stem: read_json(path) for path in sorted((outputs / "features").glob("*.json"))}
    left_out = tables.left_out(prepare, extractions)
    parameters = tables.parameters(config, read_json(outputs / "model" / "training.json"), extractions)
    if details["reported_split"]:
        own = _evaluated(outputs, details, examples)
        parameters.append(("evaluate.answer", details["answer"]["asked"]))
    else:
        videos = read_videos(outputs / "manifest" / "videos.jsonl")
        own = {"reported": None, "searchable": searchable(details, config, videos, examples)}
    return (
        _environment()
        .get_template("template.html")
        .render(
            **own,
            details=details,
            reused=config.get("reused"),
            badges=tables.badges(details, config, prepare),
            prepare=prepare,
            doubts=doubts({"prepare": prepare, **extractions}),
            left_out=left_out[: tables.LISTED],
            left_out_more=max(len(left_out) - tables.LISTED, 0),
            extraction=tables.extraction(extractions),
            parameters=parameters,
        )
    )


def _evaluated(outputs: Path, details: Mapping[str, Any], examples: int) -> dict[str, Any]:
    """Collect what the page shows of queries and of training."""
    reported = details["splits"][details["reported_split"]]
    hits, misses = _examples(outputs, details["reported_split"], examples)
    constants = moments.constants(reported, details["answer"])
    return {
        "reported": reported,
        "verdict": tables.verdict(reported),
        "answers": moments.columns(reported, details["answer"]) if reported["moments"] else [],
        "constants": constants,
        "tasks": moment_tables.tasks(reported, constants) if reported["moments"] else [],
        "by_type": moment_tables.by_type(reported),
        "errors": moment_tables.errors(reported),
        "choice": moments.choice(reported, details["answer"]),
        "spread": moments.spread(reported),
        "width_chart": moments.width_chart(details["answer"]),
        "recall_chart": _recall_chart(read_json(outputs / "evaluation" / "recall.json")),
        "training_charts": training_charts(outputs / "training" / "plots" / "metrics"),
        "examples": [("Hits", hits), ("Misses", misses)],
        "has_curves": any(one["curves"] for one in hits + misses),
    }


def training_charts(folder: Path) -> list[dict[str, Any]]:
    """Draw a chart for each curve of training below `folder`, those of the selection split first."""
    found = []
    names = {path.relative_to(folder).with_suffix("").as_posix(): path for path in folder.rglob("*.tsv")}
    for name in sorted(names, key=lambda name: (not name.startswith("selection/"), name)):
        with open(names[name], encoding="utf-8", newline="") as file:
            _, *rows = csv.reader(file, delimiter="\t")
        points = [(float(step), float(value)) for step, value in rows]
        if points:
            found.append(charts.line_chart(name, "epoch", {name: points}))
    return found


def _recall_chart(curve: list[Mapping[str, float]]) -> dict[str, Any]:
    lines = {
        "model": [(point["K"], point["R@K"]) for point in curve],
        "chance": [(point["K"], point["chance"]) for point in curve],
    }
    return charts.line_chart("R@K in per cent", "K, videos looked at", lines, floor=0, ceiling=100)


def _examples(outputs: Path, split: str, count: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    hits, misses = choose(read_jsonl(outputs / "evaluation" / f"rankings_{split}.jsonl"), count)
    moments = {row["video_id"]: row for row in read_jsonl(outputs / "evaluation" / f"moments_{split}.jsonl")}
    curves = read_jsonl(outputs / "evaluation" / f"boundaries_{split}.jsonl")
    boundaries = {row["query_id"]: row for row in curves if row["clip_ends"]}
    listed = {video.video_id: video.path for video in read_videos(outputs / "manifest" / "videos.jsonl")}
    paths = {video_id: resolve(path) if path else None for video_id, path in listed.items()}
    links = {video_id: file_link(path) for video_id, path in listed.items()}
    durations = {video_id: row["duration"] for video_id, row in moments.items()}
    pictures = take_pictures(hits + misses, durations, paths)
    hits, misses = (
        [example(row, moments[row["video_id"]], boundaries.get(row["query_id"]), pictures, links) for row in rows]
        for rows in (hits, misses)
    )
    return hits, misses


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["tenths"] = lambda value: f"{value:.1f}"
    environment.filters["seconds"] = lambda value: f"{value:.1f} s"
    environment.filters["share"] = lambda value: "" if value is None else f"{100 * value:.2g} %"
    environment.filters["count"] = lambda value: f"{value:,}"
    return environment
