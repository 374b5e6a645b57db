"""Writes tables in Markdown. Tests: tests/experiments/test_table.py, tests/experiments/test_tuning.py."""

from collections.abc import Iterable, Sequence


def table_lines(heading: Sequence[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """Write the lines of a table; a row has as many cells as the heading."""
    return [_line(heading), "|---" * len(heading) + "|", *map(_line, rows)]


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
