"""Searches for one sentence, and prints or writes what was found. Test: tests/tools/test_search.py."""

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import typer

from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_path
from pipeline.search.answers import as_json, as_rows
from pipeline.search.plain_text import csv_bytes, one_line
from pipeline.search.results import Among, Hit, Results, Search
from pipeline.search.table import lines
from tools.searching.steps import Steps

WIDE = (120, 0)
"""The columns of a table that goes to no terminal."""
FOLDERS = 20
"""How many folders are named at most."""


@dataclass(frozen=True)
class Form:
    """The form of the answer: table, json, csv, html, otio, edl or fcpxml; the last four have a path to write to."""

    name: str
    path: Path | None


def search_for_one(search: Search, query: str, k: int, among: Among, form: Form, steps: Steps) -> bool:
    """Search for the query and give the answer in the form; return whether anything was found."""
    results = search.search(query, k, among)
    steps.add(results.seconds)
    warn_of_random_weights(search)
    _say_how_it_went(search, results, among)
    with steps.timed(f"give the answer as {form.name}"):
        if form.name == "json":
            _print(json.dumps(as_json(results)))
        elif form.name == "csv":
            typer.echo(csv_bytes(as_rows(results)), nl=False)
        elif results.hits and form.path is None:
            for line in lines(results, shutil.get_terminal_size(WIDE).columns):
                _print(line)
        elif results.hits:
            _write(search, results, form.name, cast(Path, form.path))
    return bool(results.hits)


def warn_of_random_weights(search: Search) -> None:
    """Say on standard error which features came from random weights."""
    if names := search.about["random_weights"]:
        typer.echo(f"The weights of {', '.join(names)} are random: do not judge by them what a search finds.", err=True)


def _say_how_it_went(search: Search, results: Results, among: Among) -> None:
    """Say on standard error what the answer itself does not show."""
    if results.cut:
        typer.echo(f"The query is too long: its last {results.cut} tokens were not read.", err=True)
    if among.folder and among.folder not in search.about["folders"]:
        typer.echo(f"No video is in the folder {one_line(among.folder)}; {_folders(search)}", err=True)
    elif not results.hits:
        typer.echo(f"Nothing was found in {results.videos} videos.", err=True)
    elif results.fits is False:
        best, about = results.hits[0].unusual, search.about
        typer.echo(f"Nothing fits well: the best is {best:.1f} unusual, below {about['threshold']:.1f}.", err=True)
        typer.echo(about["threshold_says"], err=True)


def _span(hit: Hit) -> tuple[float, float]:
    """The answer's start and end, those of the whole video where the localizer found no moment in it."""
    return (hit.start, hit.end) if hit.end > hit.start else (0.0, hit.video.duration)


def _folders(search: Search) -> str:
    folders = [one_line(folder) for folder in search.about["folders"]]
    more = f", and {len(folders) - FOLDERS} more" if len(folders) > FOLDERS else ""
    return f"the folders are {', '.join(folders[:FOLDERS])}{more}." if folders else "there are no folders."


def _write(search: Search, results: Results, form: str, path: Path) -> None:
    try:
        if form == "html":
            _write_page(search, results, path)
        else:
            _write_timeline(results, form, path)
    except OSError as error:
        raise PipelineError(f"cannot be written: {error.strerror}", where=path, fix="name another place") from None
    count = len(results.hits)
    typer.echo(f"{path}: written, with {count} moment{'s' if count > 1 else ''}")


def _write_page(search: Search, results: Results, folder: Path) -> None:
    from pipeline.service.gallery import check_folder, write_gallery
    from pipeline.service.pictures import playable, posters

    check_folder(folder)
    videos = [hit.video for hit in results.hits]
    write_gallery(folder, results, search.about, posters(results.hits), playable(videos))


def _write_timeline(results: Results, form: str, path: Path) -> None:
    from pipeline.search.exports import Clip, Format, export

    content = export([Clip(hit.video, *_span(hit), results.query) for hit in results.hits], cast(Format, form))
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def _print(text: str) -> None:
    """Print a line, with ? for the characters that the terminal's encoding does not have."""
    typer.echo(text.encode(sys.stdout.encoding, "replace") + b"\n", nl=False)
