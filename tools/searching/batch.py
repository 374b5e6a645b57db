"""Searches for every query of a file. Test: tests/tools/test_search.py."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import typer

from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_path
from pipeline.search.answers import as_json
from pipeline.search.batch import answers, read_queries
from pipeline.search.results import Among, Search
from tools.searching.single import warn_of_random_weights
from tools.searching.steps import Steps

STANDARD = "-"


def search_for_each(search: Search, queries: str, out: str, k: int, among: Among, steps: Steps) -> bool:
    """Write a JSON line for each query of the file, in its order; return whether anything was found for any.

    A file is written whole or not at all; `-` is standard input and output. Raises PipelineError, which names file and
    line, for a line that is no query; all lines are read before the first search.
    """
    if queries == STANDARD:
        asked = read_queries(sys.stdin.buffer, "standard input")
    else:
        with _reported(queries, "read"), open(queries, "rb") as file:
            asked = read_queries(file, queries)
    warn_of_random_weights(search)
    with_hits = misfits = cut = 0
    with _opened(out) as output:
        for one, results in answers(search, asked, k, among):
            steps.add(results.seconds)
            output.write(json.dumps({**one.keys, **as_json(results)}) + "\n")
            with_hits += bool(results.hits)
            misfits += results.fits is False
            cut += bool(results.cut)
    typer.echo(
        f"{len(asked)} queries: {with_hits} with hits, {misfits} of them where nothing fits well; {cut} too long to be "
        "read to the end",
        err=True,
    )
    return with_hits > 0


@contextmanager
def _opened(out: str) -> Iterator[IO[str]]:
    if out == STANDARD:
        yield sys.stdout
    else:
        with _reported(out, "written"), atomic_path(out) as temporary, open(temporary, "w", encoding="ascii") as file:
            yield file


@contextmanager
def _reported(path: str, done: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PipelineError(f"cannot be {done}: {error.strerror}", where=path, fix="name another file") from None
