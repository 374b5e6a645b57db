"""Annotation files of one data set under the name of another: which `dataset` reads them, for the error that says so.

Test: tests/annotations/test_formats.py.
"""

import json
import os
from pathlib import Path
from typing import Any

from pipeline.annotations.common.layout import Format, layouts

MOST_BYTES = 200_000_000
MOST_FILES = 50


def format_of(document: Any) -> str | None:
    """The data set that reads this: a row of JSON lines, a whole JSON file, or a line of text; None for another."""
    if isinstance(document, list):
        return format_of(document[0]) if document and isinstance(document[0], dict) else None
    fits = {dataset: form.fits(document) for dataset, form in _formats().items()}
    likest = max(fits, key=fits.__getitem__, default=None)
    return likest if likest is not None and fits[likest] else None


def read_by(document: Any, but: str = "") -> str:
    """What follows a cause: the format, and which data set reads it from which files; empty for an unknown format.

    but: the data set whose reader asks; its own format is no news.
    """
    known = format_of(document)
    if known is None or known == but:
        return ""
    form = _formats()[known]
    return f"; the format is {form.called}, which `dataset: {known}` reads from {form.read_from}"


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
            form = _formats()[known]
            said[known] = f"the format of {path.name} is {form.called}: `dataset: {known}` reads {form.read_from}"
    for dataset, layout in layouts().items():
        sign = next(iter(layout.pack_folders), None)
        if sign and any(os.path.isdir(folder / sign) for folder in (source, *paths)):
            said[dataset] = f"{sign} is part of a feature pack: `dataset: {dataset}` reads it"
    return "; ".join(said.values())


def _formats() -> dict[str, Format]:
    return {dataset: layout.format for dataset, layout in layouts().items() if layout.format}


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
