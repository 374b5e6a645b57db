"""Computes where the lines, ticks and labels of a line chart are; the template draws them.

Test: tests/report/test_charts.py.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Point = tuple[float, float]

WIDTH, HEIGHT = 360, 210
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 18, 34
MOST_POINTS = 400
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
DIGIT, GAP = 7, 10
"""The width of a digit of a label, and what is to the left and right of the labels of the y axis together."""


def line_chart(
    title: str,
    x_label: str,
    lines: Mapping[str, Sequence[Point]],
    floor: float | None = None,
    ceiling: float | None = None,
    mark: tuple[float, str] | None = None,
) -> dict[str, Any]:
    """Lay out a chart of named lines, each of at least one point (x, y); returns what the template draws, in pixels.

    floor, ceiling: the smallest and the largest value of the y axis, where the data shall not decide them. mark: an x
    at which a line is drawn from top to bottom, and what it says; one that the x axis does not have is left out.
    """
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    x_low, x_high = _widened(min(xs), max(xs))
    y_low, y_high = _widened(min(ys) if floor is None else floor, max(ys) if ceiling is None else ceiling)
    y_ticks = [(y, _label(y)) for y in ticks(y_low, y_high, 5)]
    left = max([LEFT, *(DIGIT * len(label) + GAP for _, label in y_ticks)])

    def across(x: float) -> float:
        return round(left + (x - x_low) / (x_high - x_low) * (WIDTH - left - RIGHT), 1)

    def down(y: float) -> float:
        return round(TOP + (y_high - y) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM), 1)

    return {
        "title": title,
        "x_label": x_label,
        "size": (WIDTH, HEIGHT),
        "frame": (left, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM),
        "x_ticks": [(across(x), _label(x)) for x in ticks(x_low, x_high, 5, whole=True)],
        "y_ticks": [(down(y), label) for y, label in y_ticks],
        "lines": [
            {"name": name, "points": [(across(x), down(y)) for x, y in _thinned(points)], "last": _label(points[-1][1])}
            for name, points in lines.items()
        ],
        "mark": {"x": across(mark[0]), "label": mark[1]} if mark and x_low <= mark[0] <= x_high else None,
    }


def ticks(low: float, high: float, about: int, whole: bool = False) -> list[float]:
    """Choose about so many round numbers in [low, high]: multiples of 1, 2 or 5 times a power of ten.

    whole: only whole numbers.
    """
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    step = max(step, 1.0) if whole else step
    first = math.ceil(low / step - 1e-9)
    return [round(index * step, 12) for index in range(first, math.floor(high / step + 1e-9) + 1)]


def _widened(low: float, high: float) -> tuple[float, float]:
    """Return the range itself, or a wider one where it is a single value."""
    margin = 0.5 * (abs(low) or 1.0)
    return (low, high) if high > low else (low - margin, high + margin)


def _thinned(points: Sequence[Point]) -> list[Point]:
    """Take at most MOST_POINTS of the points, in even strides, the last one among them."""
    stride = math.ceil(len(points) / MOST_POINTS)
    return list(points[::-1][::stride][::-1])


def _label(value: float) -> str:
    """Write a number with three digits; a small one with all its zeros, or as a power of ten where they are many."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if value == 0 or abs(value) >= 1e-6:
        return f"{Decimal(f'{value:.3g}'):f}"
    digits, _, exponent = f"{value:.2e}".partition("e")
    return f"{float(digits):g} × 10{str(int(exponent)).translate(RAISED)}"
