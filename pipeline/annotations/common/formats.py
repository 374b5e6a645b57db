"""Annotation files of one data set under the name of another: which `dataset` reads them, for the error that says so.

Test: tests/annotations/test_formats.py.
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

READS = {
    "qvhighlights": "highlight_{train,val,test}_release.jsonl",
    "tvr": "tvr_{train,val}_release.jsonl",
    "folder": "queries.jsonl, or {train,val,test}.jsonl",
    "activitynet": "{train,val,test}.json",
    "charades": "charades_sta_{train,test}.txt",
    "didemo": "{train,val,test}_data.json",
}
"""By data set, how the files are called that it reads."""

FORMATS = {
    "qvhighlights": "moment_detr's and QVHighlights' (`vid`, `query`, `relevant_windows`)",
    "tvr": "TVR's (`vid_name`, `desc`, `desc_id`)",
    "folder": "that of your own videos (`vid_name`, `desc`)",
    "activitynet": "ActivityNet Captions' (`timestamps`, `sentences` by video)",
    "charades": "Charades-STA's (`video start end##sentence`)",
    "didemo": "DiDeMo's (`video`, `description`, `times`)",
}

CHARADES_LINE = re.compile(r"\S+ [\d.]+ [\d.]+##")
MOST_BYTES = 200_000_000
MOST_FILES = 50


def format_of(document: Any) -> str | None:
    """The data set that reads this: a row of JSON lines, a whole JSON file, or a line of text; None for another."""
    if isinstance(document, str):
        return "charades" if CHARADES_LINE.match(document) else None
    if isinstance(document, list):
        return format_of(document[0]) if document and isinstance(document[0], dict) else None
    if not isinstance(document, Mapping):
        return None
    if "vid_name" in document and "desc" in document:
        return "tvr" if "desc_id" in document else "folder"
    if "vid" in document and "query" in document:
        return "qvhighlights"
    if "description" in document and "times" in document:
        return "didemo"
    first = next(iter(document.values()), None)
    return "activitynet" if isinstance(first, Mapping) and {"timestamps", "sentences"} <= set(first) else None


def read_by(document: Any, but: str = "") -> str:
    """What follows a cause: the format, and which data set reads it from which files; empty for an unknown format.

    but: the data set whose reader asks; its own format is no news.
    """
    known = format_of(document)
    if known is None or known == but:
        return ""
    return f"; the format is {FORMATS[known]}, which `dataset: {known}` reads from {READS[known]}"


def files_of_others(source: Path) -> str:
    """One sentence on the annotation files straight in `source` whose format is known; empty where there are none."""
    said: dict[str, str] = {}
    try:
        paths = sorted(source.iterdir())
    except OSError:
        return ""
    for path in [path for path in paths if path.suffix in (".json", ".jsonl", ".txt")][:MOST_FILES]:
        known = _known(path)
        if known and known not in said:
            said[known] = f"the format of {path.name} is {FORMATS[known]}: `dataset: {known}` reads {READS[known]}"
    if any(os.path.isdir(folder / "FeatureData") for folder in (source, *paths)):
        said["pack"] = "FeatureData is part of a feature pack: `dataset: pack` reads it"
    return "; ".join(said.values())


def _known(path: Path) -> str | None:
    """The data set that reads the file; None where it cannot be read either."""
    try:
        if not os.path.isfile(path) or path.stat().st_size > MOST_BYTES:
            return None
        with path.open(encoding="utf-8-sig") as file:
            if path.suffix == ".json":
                return format_of(json.load(file))
            line = next(file, "")
            return format_of(json.loads(line) if path.suffix == ".jsonl" else line)
    except (OSError, ValueError, RecursionError):
        return None
