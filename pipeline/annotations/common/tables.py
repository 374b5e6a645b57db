"""Tables as spreadsheets write them: comma, semicolon, tab or bar, any Unicode encoding, `12,5` and `1:02.5`.

What separates the cells is what makes the first line name the columns that are needed. A column is known by its name
without regard to capitals, blanks and hyphens. Test: tests/annotations/test_tables.py.
"""

import csv
import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pipeline.annotations.common.lines import not_utf8, text_of
from pipeline.annotations.common.older_encodings import broken_lines, told_encoding
from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.values import FRAMES, is_empty, seconds_written
from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord, shown

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SEPARATOR_LINE = re.compile(r"\"?sep=(.)\"?\s*(?:\r\n|\r|\n)", re.IGNORECASE)
Cell = str | float


def table_rows(
    annotations: Annotations,
    path: Path,
    required: tuple[str, ...],
    numbers: tuple[str, ...] = (),
    others: tuple[str, ...] | None = None,
    what: str = "query",
) -> Iterator[tuple[str, dict[str, Cell]]]:
    """(file:line, cells by column) of every row, empty cells left out; line is where the row begins.

    The cells of the columns `numbers` become numbers where they are such, or times as `1:02.5`. A column that is not in
    `others` either is noted as not read, unless `others` is None. Raises PipelineError where a `required` column is
    missing, one is there twice, or a quote is left open and takes other rows with it.
    """
    text, skipped, named = text_of(path), 0, None
    separator = SEPARATOR_LINE.match(text)
    if separator:
        named, text, skipped = separator[1], text[separator.end() :], 1
    delimiter = named or _delimiter(text, required)
    if delimiter.isalnum() or delimiter in "\"'":
        raise PipelineError(f"`sep={named}`: this separates no cells", where=f"{path}:1", fix="write `sep=;`")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] | None = None
    older = cache(lambda: told_encoding(broken_lines(text)))
    while True:
        line = reader.line_num + skipped + 1
        where = f"{annotations.name(path)}:{line}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if reader.line_num + skipped > line:
                raise PipelineError(
                    f"not valid CSV: the row that begins here has a quote left open, and goes on to line "
                    f"{reader.line_num + skipped}",
                    where=f"{path}:{line}",
                    fix='close the quote; within a quoted text, write ""',
                ) from None
            annotations.refuse(what, None, where, f"not valid CSV: {error}")
            continue
        if columns is None:
            if cells:
                columns = _columns(cells, required, f"{path}:{line}")
                unread = [c for c in columns if c and others is not None and c not in (*required, *numbers, *others)]
                annotations.unread_columns |= {annotations.name(path): unread} if unread else {}
            continue
        row = None
        with annotations.refusing(what, None, where):
            if broken := _broken(cells):
                raise not_utf8(annotations, where, broken, older())
            row = _row(columns, cells, delimiter, numbers)
        if row:
            yield where, row


def _delimiter(text: str, required: tuple[str, ...]) -> str:
    """The one that finds most of the required columns in the first line, and most columns."""
    first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    names = {d: _names(next(csv.reader([first], delimiter=d), [])) for d in DELIMITERS}
    return max(DELIMITERS, key=lambda d: (len(set(required) & set(names[d])), len(names[d])))


def _names(cells: list[str]) -> list[str]:
    return [re.sub(r"[\s_-]+", "_", cell.strip().lower()).strip("_") for cell in cells]


def _columns(cells: list[str], required: tuple[str, ...], where: str) -> list[str]:
    columns = _names(cells)
    missing = [name for name in required if name not in columns]
    if missing:
        found = ", ".join(f"`{shown(cell.strip())}`" for cell in cells[:12])
        raise PipelineError(
            f"no column named {' or '.join(missing)} in the first line, which has {found}",
            where=where,
            fix=f"name the columns in the first line, separated by {' or '.join(DELIMITERS.values())}",
        )
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise PipelineError(f"the column {' and '.join(twice)} is there twice", where=where, fix="keep one of the two")
    return columns


def _broken(cells: list[str]) -> int | None:
    """The first byte that is no UTF-8, which `text_of` has left as a lone surrogate; None where there is none."""
    return next((ord(c) - 0xDC00 for cell in cells for c in cell if "\udc80" <= c <= "\udcff"), None)


def _row(columns: list[str], cells: list[str], delimiter: str, numbers: tuple[str, ...]) -> dict[str, Cell]:
    cells = [cell.strip() for cell in cells]
    if len(cells) > len(columns):
        name = DELIMITERS.get(delimiter, f"`{delimiter}`")
        raise BadRecord(f"{len(cells)} cells for {len(columns)} columns; quote a text that holds {name}")
    row = {name: cell for name, cell in zip(columns, cells, strict=False) if name and not is_empty(cell)}
    return {name: _number(cell, delimiter) if name in numbers else cell for name, cell in row.items()}


def _number(cell: str, delimiter: str) -> Cell:
    """The number or time; the cell as it is where it is none, or one with frames, for what reads the row to refuse.

    A comma is a decimal one where it separates no cells.
    """
    seconds = None if FRAMES.fullmatch(cell) else seconds_written(cell, comma_is_decimal=delimiter != ",")
    return cell if seconds is None else seconds
