"""Writes what was found for a query as one HTML file that needs no server and no script.

The videos are played from where they are, by their place relative to the page, where the browser may read them.
Test: tests/service/test_gallery.py.
"""

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_path
from pipeline.search.plain_text import one_line
from pipeline.search.results import Hit, Results
from pipeline.search.table import span

PAGE = "index.html"
GENERATOR = "amdnet search"
"""What every page says near its beginning, so that a folder with one can be told from others."""


def check_folder(folder: Path) -> None:
    """Raise PipelineError where the folder is neither absent nor empty, and holds anything but a page of ours."""
    mark = f'name="generator" content="{GENERATOR}"'
    try:
        found = list(folder.iterdir()) if folder.exists() else []
        if all(path.name == PAGE and mark in path.read_text("utf-8", "replace")[:200] for path in found):
            return
        cause = "there are files in this folder that are not from `amdnet search`"
    except OSError as error:
        cause = f"it is no folder that can be used: {error.strerror}"
    raise PipelineError(cause, where=folder, fix="name another folder, or an empty one")


def write_gallery(
    folder: Path,
    results: Results,
    about: Mapping[str, Any],
    posters: Mapping[str, bytes],
    played_as_they_are: frozenset[str],
) -> None:
    """Write the page of the results as the only file of the folder.

    about: what the index says of itself. posters: by id of a video, a JPEG of it at its answer. played_as_they_are: the
    ids of the videos that a browser can play; for others, it is left to the browser what a link to the file does.

    Raises PipelineError where the folder holds other files.
    """
    check_folder(folder)
    page = _environment().get_template("gallery.html").render(
        generator=GENERATOR,
        results=results,
        about=about,
        cards=[
            _card(hit, folder, posters.get(hit.video.video_id), hit.video.video_id in played_as_they_are)
            for hit in results.hits
        ],
    )  # fmt: skip
    with atomic_path(folder / PAGE) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _card(hit: Hit, folder: Path, poster: bytes | None, plays: bool) -> dict[str, Any]:
    moment = f"#t={hit.start:.2f},{hit.end:.2f}" if hit.end > hit.start else ""
    return {
        "hit": hit,
        "url": _link(hit.video.path, folder, moment),
        "poster": poster and f"data:image/jpeg;base64,{base64.b64encode(poster).decode('ascii')}",
        "plays": plays,
        "time": span(hit.start, hit.end, "–"),
    }


def _link(path: Path | None, folder: Path, moment: str) -> str | None:
    """A relative URL of the file, from its moment on; None where the file cannot be read."""
    if path is None or not os.path.isfile(path) or not os.access(path, os.R_OK):
        return None
    return quote(os.fsencode(os.path.relpath(path.resolve(), folder.resolve()))) + moment


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["line"] = one_line
    return environment
