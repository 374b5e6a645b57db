"""Text files of unknown make, read record by record: a bad line is refused with file and line, the rest goes on.

Tests: tests/annotations/test_lines.py and the poison tests of tests/annotations/test_folder.py.
"""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.annotations.ids import BadRecord
from pipeline.annotations.records import Annotations
from pipeline.errors import PipelineError


def text_lines(annotations: Annotations, path: Path, what: str) -> Iterator[tuple[str, str]]:
    """(file:line, text) of every line that is not blank; a line that is not UTF-8 is refused as a `what`."""
    with _readable(path).open("rb") as file:
        for number, raw in enumerate(file, 1):
            where, text = f"{annotations.name(path)}:{number}", ""
            with annotations.refusing(what, None, where):
                text = decoded(raw, "utf-8-sig" if number == 1 else "utf-8").strip()
            if text:
                yield where, text


def jsonl_rows(annotations: Annotations, path: Path, what: str = "query") -> Iterator[tuple[str, dict[str, Any]]]:
    """(file:line, object) of every line; what is not a JSON object is refused as a `what`."""
    for where, text in text_lines(annotations, path, what):
        row = None
        with annotations.refusing(what, None, where):
            row = _json_object(text)
        if row is not None:
            yield where, row


def csv_rows(
    annotations: Annotations, path: Path, required: tuple[str, ...], what: str = "query"
) -> Iterator[tuple[str, dict[str, str]]]:
    """(file:line, cells by column) of every row, empty cells left out; line is where the row begins.

    Raises PipelineError where a `required` column is missing, or a quote is left open and takes other rows with it.
    """
    with _readable(path).open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(file, strict=True)
        columns: list[str] | None = None
        while True:
            line = reader.line_num + 1
            where = f"{annotations.name(path)}:{line}"
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if reader.line_num > line:
                    raise PipelineError(
                        f"not valid CSV: the row that begins here has a quote left open, and goes on to line "
                        f"{reader.line_num}",
                        where=f"{path}:{line}",
                        fix='close the quote; within a quoted text, write ""',
                    ) from None
                annotations.refuse(what, None, where, f"not valid CSV: {error}")
                continue
            if columns is None:
                columns = _columns(cells, required, path)
                continue
            row = None
            with annotations.refusing(what, None, where):
                row = _row(columns, cells)
            if row:
                yield where, row


def json_document(path: Path) -> tuple[Any, list[str]]:
    """A whole JSON file, and the keys that one of its objects has twice (the last one counts for the document).

    Raises PipelineError naming line and column.
    """
    twice: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        document = dict(items)
        if len(document) < len(items):
            seen: set[str] = set()
            twice.extend(key for key, _ in items if key in seen or seen.add(key))
        return document

    try:
        return json.loads(_readable(path).read_bytes().decode("utf-8-sig"), object_pairs_hook=pairs), twice
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise PipelineError(f"not valid JSON: {error}", where=path, fix="mend it, or fetch the file again") from None


def decoded(raw: bytes, encoding: str = "utf-8-sig") -> str:
    """The text of `raw`; raises BadRecord naming the first byte that is not UTF-8."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadRecord(f"not UTF-8 text (byte 0x{raw[error.start]:02x})") from None


def _readable(path: Path) -> Path:
    try:
        path.open("rb").close()
    except OSError as error:
        raise PipelineError(f"cannot be read: {error.strerror}", where=path, fix="restore it") from None
    return path


def _json_object(text: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRecord(f"not valid JSON: {error}") from None
    if not isinstance(row, dict):
        raise BadRecord("not a JSON object")
    return row


def _columns(cells: list[str], required: tuple[str, ...], path: Path) -> list[str]:
    columns = [cell.strip() for cell in cells]
    missing = [name for name in required if name not in columns]
    if missing:
        raise PipelineError(
            f"no column named {' or '.join(missing)} in the first line",
            where=f"{path}:1",
            fix="name the columns in the first line, separated by commas",
        )
    return columns


def _row(columns: list[str], cells: list[str]) -> dict[str, str]:
    if any("\udc80" <= character <= "\udcff" for cell in cells for character in cell):
        raise BadRecord("not UTF-8 text")
    if len(cells) > len(columns):
        raise BadRecord(f"{len(cells)} cells for {len(columns)} columns; quote a text that holds commas")
    return {name: cell for name, cell in zip(columns, cells, strict=False) if cell.strip()}
