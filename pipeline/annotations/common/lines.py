"""Text files of unknown make, read record by record: a bad line is refused with file and line, the rest goes on.

Tests: tests/annotations/test_lines.py and the poison tests of tests/annotations/test_folder.py.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.annotations.common.corrections import ENCODING, Correction
from pipeline.annotations.common.older_encodings import broken_lines, told_encoding
from pipeline.annotations.common.records import Annotations
from pipeline.core.encoding import SAVE_AS_UTF8, encoding_of
from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord

HEAD = 1000
"""Bytes by which the encoding is told."""


def text_lines(annotations: Annotations, path: Path, what: str) -> Iterator[tuple[str, str]]:
    """(file:line, text) of every line that is not blank; a line that is not UTF-8 is refused as a `what`.

    UTF-16 and UTF-32 are read as well; raises PipelineError where such a file is broken.
    """
    with _readable(path).open("rb") as file:
        encoding = encoding_of(file.read(HEAD))
        file.seek(0)
        older = cache(lambda: told_encoding(broken_lines(text_of(path))))
        raws = file if encoding.startswith("utf-8") else (line.encode() for line in text_of(path).split("\n"))
        for number, raw in enumerate(raws, 1):
            where, text = f"{annotations.name(path)}:{number}", ""
            with annotations.refusing(what, None, where):
                try:
                    text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
                except UnicodeDecodeError as error:
                    raise not_utf8(annotations, where, raw[error.start], older()) from None
            if text:
                yield where, text


def text_of(path: Path) -> str:
    """The text of a whole file; a byte that is no UTF-8 becomes a lone surrogate.

    Raises PipelineError where the file cannot be read, or is broken UTF-16 or UTF-32.
    """
    raw = _readable(path).read_bytes()
    encoding = encoding_of(raw[:HEAD])
    try:
        return raw.decode(encoding, "surrogateescape" if encoding.startswith("utf-8") else "strict")
    except UnicodeDecodeError as error:
        fix = "fetch it again, or save it as UTF-8"
        raise PipelineError(
            f"not the {encoding.upper()} text that it begins as: {error}", where=path, fix=fix
        ) from None


def jsonl_rows(annotations: Annotations, path: Path, what: str = "query") -> Iterator[tuple[str, dict[str, Any]]]:
    """(file:line, object) of every line; what is not a JSON object is refused as a `what`."""
    for where, text in text_lines(annotations, path, what):
        row = None
        with annotations.refusing(what, None, where):
            row = _json_object(text)
        if row is not None:
            yield where, row


def json_document(path: Path) -> tuple[Any, list[str]]:
    """A whole JSON file, and the keys that one of its objects has twice (the last one counts for the document).

    Raises PipelineError naming line and column.
    """
    twice: list[str] = []
    try:
        return json.loads(_readable(path).read_bytes(), object_pairs_hook=_noting(twice)), twice
    except (ValueError, RecursionError) as error:
        raise PipelineError(f"not valid JSON: {error}", where=path, fix="mend it, or fetch the file again") from None


def _noting(twice: list[str]) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """Return what makes a dictionary of the pairs of a JSON object, and adds the keys to `twice` that it has twice."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        document = dict(items)
        if len(document) < len(items):
            seen: set[str] = set()
            for key, _ in items:
                if key in seen:
                    twice.append(key)
                seen.add(key)
        return document

    return pairs


def not_utf8(annotations: Annotations, where: str, byte: int, older: str | None) -> BadRecord:
    """The refusal of a line that holds a byte which is no UTF-8; older: the encoding it most likely is in.

    That encoding is noted for whoever mends the file.
    """
    if older:
        annotations.corrections.append(Correction(ENCODING, where, "encoding", older, "UTF-8"))
    likely = f", most likely {older}" if older else ""
    return BadRecord(f"not UTF-8 text (byte 0x{byte:02x}){likely}: {SAVE_AS_UTF8}")


def _readable(path: Path) -> Path:
    try:
        path.open("rb").close()
    except OSError as error:
        raise PipelineError(f"cannot be read: {error.strerror}", where=path, fix="restore it") from None
    return path


def _json_object(text: str) -> dict[str, Any]:
    twice: list[str] = []
    try:
        row = json.loads(text, object_pairs_hook=_noting(twice))
    except (ValueError, RecursionError) as error:
        raise BadRecord(f"not valid JSON: {error}") from None
    if twice:
        raise BadRecord(f"the key {twice[0]!r} stands there twice")
    if not isinstance(row, dict):
        is_whole = isinstance(row, list) and row and isinstance(row[0], dict)
        told = ", but a list of them: write each on a line of its own (in pandas, `orient='records', lines=True`)"
        raise BadRecord(f"not a JSON object{told if is_whole else ''}")
    return row
