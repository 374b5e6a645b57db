"""Searches for many queries: JSON lines in, JSON lines out. Test: tests/search/test_batch.py."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.ids import shown
from pipeline.search.results import Among, Results, Search

FIX = 'let every line be {"query": "a sentence"}, if you like with a "query_id" beside it'


@dataclass(frozen=True)
class Asked:
    """A query of a file. where: file and line; keys: what else stands in the line, at most its `query_id`."""

    query: str
    where: str
    keys: dict[str, str | int]


def read_queries(lines: Iterable[bytes], name: str) -> list[Asked]:
    """Read JSON lines, each with a `query` and perhaps a `query_id`; empty lines are passed over.

    Raises PipelineError, which names file and line, for the first line that is something else, and where there is no
    query at all.
    """
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            found.append(_asked(line, f"{name}:{number}"))
    if not found:
        raise PipelineError("there is no query", where=name, fix=FIX)
    return found


def answers(search: Search, queries: Iterable[Asked], k: int, among: Among) -> Iterator[tuple[Asked, Results]]:
    """Yield each query, in order, with what was found for it.

    Raises PipelineError, which names file and line, for a query that cannot be searched for.
    """
    for asked in queries:
        try:
            results = search.search(asked.query, k, among)
        except PipelineError as error:
            raise PipelineError(error.cause, where=asked.where, fix=error.fix) from None
        yield asked, results


def _asked(line: bytes, where: str) -> Asked:
    row = _row(line, where)
    if not isinstance(row, dict) or not isinstance(row.get("query"), str):
        raise PipelineError("the line is no object with a text `query`", where=where, fix=FIX)
    query = row.pop("query")
    if unknown := sorted(row.keys() - {"query_id"}):
        raise PipelineError(f"`{shown(unknown[0])}` means nothing here", where=where, fix=FIX)
    if isinstance(row.get("query_id", ""), bool) or not isinstance(row.get("query_id", ""), str | int):
        raise PipelineError("`query_id` is neither a text nor a whole number", where=where, fix=FIX)
    return Asked(query, where, row)


def _row(line: bytes, where: str) -> Any:
    try:
        return json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise PipelineError(f"not valid JSON: {error}", where=where, fix=FIX) from None
