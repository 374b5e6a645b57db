"""Draws pictures of things that every network which was trained on photographs of things knows, with numpy alone.

Which things these are was not guessed: three small networks with real ImageNet weights (EfficientNet-lite 0, 1 and 2),
which the project does not use, were shown some twenty drawings. Kept were those that each of the three names first, at
a distance; docs/data-sets.md has their scores. Test: tests/backbones/test_drawn.py.
"""

from collections.abc import Callable

import numpy as np

SIDE = 224
"""Pixels of a picture's side."""

_FINE = 2 * SIDE  # drawn twice as large, and halved, so that edges are smooth
_Y, _X = np.mgrid[0:_FINE, 0:_FINE] / _FINE * 2 - 1
Colour = tuple[int, int, int]


def clock() -> np.ndarray:
    """Draw the face of a clock that shows nine minutes past ten."""
    picture, radius = _filled((200, 190, 170)), np.hypot(_X, _Y)
    _paint(picture, radius < 0.9, (60, 40, 30))
    _paint(picture, radius < 0.8, (250, 250, 245))
    for minute in range(60):
        along, across = _turned(minute / 60)
        width, inner = (0.022, 0.62) if minute % 5 == 0 else (0.007, 0.70)
        _paint(picture, (np.abs(across) < width) & (along > inner) & (along < 0.76), (10, 10, 10))
    for turns, length, width in ((10.15 / 12, 0.45, 0.03), (9 / 60, 0.65, 0.018)):
        along, across = _turned(turns)
        _paint(picture, (np.abs(across) < width) & (along > -0.08) & (along < length), (10, 10, 10))
    _paint(picture, radius < 0.04, (10, 10, 10))
    return _halved(picture)


def honeycomb() -> np.ndarray:
    """Draw cells of wax, each darker in its middle."""
    size = 0.16
    nearest, second = (np.full((_FINE, _FINE), 9.0) for _ in range(2))
    for row in range(-9, 10):
        for column in range(-9, 10):
            centre = size * (column + row % 2 / 2), size * row * np.sqrt(3) / 2
            distance = np.hypot(_X - centre[0], _Y - centre[1])
            second = np.minimum(second, np.maximum(nearest, distance))
            nearest = np.minimum(nearest, distance)
    inside = np.clip((second - nearest) / size * 2, 0, 1)[..., None]
    shade = 1 - 0.35 * np.clip(1 - nearest / size * 2, 0, 1)[..., None]
    return _halved(((1 - inside) * (245, 190, 60) + inside * (150, 85, 10)) / 255 * shade)


def crossword() -> np.ndarray:
    """Draw an empty crossword puzzle of 13 by 13 squares."""
    count = 13
    column, row = ((place + 1) / 2 * count for place in (_X, _Y))
    half = np.random.default_rng(3).random((count, count)) < 0.17
    picture = _filled((255, 255, 255))
    _paint(picture, (half | half[::-1, ::-1])[row.astype(int), column.astype(int)], (0, 0, 0))
    for place in (column % 1, row % 1):
        _paint(picture, (place < 0.06) | (place > 0.96), (0, 0, 0))
    return _halved(picture)


def web() -> np.ndarray:
    """Draw a spider's web before a dark ground."""
    picture, threads = _filled((25, 35, 25)), 18
    radius, angle = np.hypot(_X - 0.05, _Y + 0.02), np.arctan2(_Y + 0.02, _X - 0.05)
    sector = angle / (2 * np.pi) * threads % 1
    off = np.minimum(sector, 1 - sector) * radius * 2 * np.pi / threads
    _paint(picture, off < 0.006, (225, 225, 225))
    ring = radius * (1 + 0.1 * np.cos((sector - 0.5) * np.pi)) * 13 % 1
    _paint(picture, (np.minimum(ring, 1 - ring) / 13 < 0.0045) & (radius < 0.95), (200, 205, 205))
    return _halved(picture)


def tennis_ball() -> np.ndarray:
    """Draw a yellow ball with a white seam and a rough surface."""
    picture, inside = _ball((205, 230, 60), (40, 90, 150), 0.7)
    for side in (-0.85, 0.85):
        seam = np.abs(np.hypot(_X - side, _Y) - 0.62) < 0.035
        _paint(picture, seam & inside, (245, 245, 235))
    picture[inside] += np.random.default_rng(0).normal(0, 0.05, (inside.sum(), 1))
    return _halved(picture)


def ping_pong_ball() -> np.ndarray:
    """Draw a small white ball on green."""
    return _halved(_ball((245, 245, 240), (20, 90, 50), 0.45)[0])


def green_apple() -> np.ndarray:
    """Draw a green ball with a stalk."""
    picture, _ = _ball((140, 190, 40), (240, 240, 240), 0.7)
    _paint(picture, (np.abs(_X - 0.02 - 0.1 * (_Y + 0.7)) < 0.025) & (_Y > -0.95) & (_Y < -0.62), (80, 50, 20))
    return _halved(picture)


THINGS: dict[str, Callable[[], np.ndarray]] = {
    "clock": clock,
    "honeycomb": honeycomb,
    "crossword puzzle": crossword,
    "spider web": web,
    "tennis ball": tennis_ball,
    "ping-pong ball": ping_pong_ball,
}
"""Things that are known by their shape: name -> a function that returns (SIDE, SIDE, 3) uint8 RGB."""

COLOURED: dict[str, Callable[[], np.ndarray]] = {"tennis ball": tennis_ball, "green apple": green_apple}
"""Things that are known by their colour, too."""


def _filled(colour: Colour) -> np.ndarray:
    return np.ones((_FINE, _FINE, 3)) * colour / 255


def _paint(picture: np.ndarray, where: np.ndarray, colour: Colour) -> None:
    picture[where] = np.array(colour) / 255


def _turned(turns: float) -> tuple[np.ndarray, np.ndarray]:
    """Return each place's distance along a hand that is turned so far from noon, and across it."""
    sine, cosine = np.sin(turns * 2 * np.pi), np.cos(turns * 2 * np.pi)
    return _X * sine - _Y * cosine, _X * cosine + _Y * sine


def _ball(colour: Colour, ground: Colour, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of a ball that is lit from the upper left, and which of its places are within the ball."""
    picture, inside = _filled(ground), np.hypot(_X, _Y) < radius
    depth = np.sqrt(np.clip(radius**2 - _X**2 - _Y**2, 0, None)) / radius
    light = np.clip((-0.4 * _X - 0.5 * _Y) / radius + 0.77 * depth, 0, 1)[..., None]
    lit = np.array(colour) / 255 * (0.35 + 0.75 * light) + light**40 / 2
    picture[inside] = lit[inside]
    return np.clip(picture, 0, 1), inside


def _halved(picture: np.ndarray) -> np.ndarray:
    means = np.clip(picture, 0, 1).reshape(SIDE, 2, SIDE, 2, 3).mean((1, 3))
    return (means * 255).round().astype(np.uint8)


def tennis_court(number: int) -> np.ndarray:
    """Draw frame `number` of a tennis match as television shows it: two players run to and fro, and a ball flies."""
    picture, depth = _filled((40, 110, 60)), np.clip((_Y + 0.75) / 1.5, 0, 1)
    half, inside = 0.45 + 0.45 * depth, np.abs(_Y) < 0.75
    _paint(picture, inside & (np.abs(_X) < half), (50, 90, 160))
    lines = np.zeros_like(inside)
    for share in (1.0, 0.78):
        lines |= inside & (np.abs(np.abs(_X) - share * half) < 0.012)
    for level in (-0.75, -0.4, 0.25, 0.75):
        lines |= (np.abs(_Y - level) < 0.01) & (np.abs(_X) < half)
    lines |= (np.abs(_X) < 0.008) & (_Y > -0.4) & (_Y < 0.25)
    _paint(picture, lines, (245, 245, 245))
    _paint(picture, (np.abs(_Y + 0.12) < 0.045) & (np.abs(_X) < 0.75), (25, 30, 35))
    _paint(picture, (np.abs(_Y + 0.165) < 0.01) & (np.abs(_X) < 0.75), (250, 250, 250))
    swing = np.sin(number / 5)
    for x, y, size in ((0.3 * swing, -0.62, 0.6), (-0.4 * swing, 0.55, 1.0)):
        _paint(picture, np.hypot(_X - x, _Y - y + 0.16 * size) < 0.035 * size, (225, 180, 150))
        _paint(picture, (np.abs(_X - x) < 0.05 * size) & (np.abs(_Y - y + 0.06 * size) < 0.08 * size), (250, 250, 250))
        _paint(picture, (np.abs(_X - x) < 0.045 * size) & (np.abs(_Y - y - 0.06 * size) < 0.06 * size), (30, 30, 60))
    _paint(picture, np.hypot(_X - 0.3 * swing, _Y - 0.5 * np.cos(number / 5)) < 0.015, (220, 240, 60))
    return _halved(picture)
