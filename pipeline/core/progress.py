"""Says how far a long work is: a bar on a terminal; elsewhere, and in the log, a line at growing intervals.

Test: tests/core/test_progress.py.
"""

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from tqdm import tqdm

from pipeline.core.amounts import hours
from pipeline.core.stage_log import only_log, say

FIRST_SECONDS, LONGEST_SECONDS = 5.0, 600.0
"""How long it is quiet at first, and at most; in between each wait is twice the one before."""
BAR_SECONDS = 2.0
"""How long a work takes before it has a bar."""
BAR = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
"""What tqdm shows by itself, but for its speed: `speed` says it better."""

Item = TypeVar("Item")
_under_way: list["Progress"] = []


class Progress:
    """Counts what is done of a work. A context manager around the work; a second `with` goes on counting.

    name: of the work. total: how many there are to do, reused ones counted; reused: how many of them were done before.
    unit: what they are, in the singular.
    """

    def __init__(self, name: str, total: int, unit: str, reused: int = 0):
        self.name, self.total, self.done, self.reused, self.failed = name, total, reused, reused, 0
        self._unit, self._ended, self._before = unit, threading.Event(), 0.0

    def __enter__(self) -> "Progress":
        self._started, self._ended = time.perf_counter(), threading.Event()
        self._bar = tqdm(
            total=self.total, initial=self.done, desc=self.name, unit=self._unit, file=sys.stderr, disable=None,
            delay=BAR_SECONDS, bar_format=BAR,
        )  # fmt: skip
        self._speaker = threading.Thread(target=self._speak, args=(self._ended,), daemon=True)
        self._speaker.start()
        _under_way.append(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._before = self.seconds
        self._ended.set()
        self._speaker.join()  # else it could draw a bar that is closed
        self._bar.close()
        if kind is None:  # else the work was broken off, and `left_off` says where
            _under_way.remove(self)

    @property
    def seconds(self) -> float:
        """How long the work has taken so far."""
        return self._before if self._ended.is_set() else self._before + time.perf_counter() - self._started

    def advance(self, failed: bool = False) -> None:
        """Count one more that is done, or that failed."""
        self.done += 1
        self.failed += failed
        self._bar.set_postfix_str(self.speed(), refresh=False)
        self._bar.update()

    def speed(self) -> str:
        """Say how fast the work is."""
        return f"{(self.done - self.reused) / max(self.seconds, 1e-9):.3g} {self._unit}s/s"

    def seconds_left(self) -> float | None:
        """Estimate how long the rest takes; None where nobody knows yet."""
        done = self.done - self.reused
        return (self.total - self.done) * self.seconds / done if done else None

    def standing(self) -> str:
        """Say how many are done, of how many, and how many of them failed."""
        of = f"{self.name}: {self.done:,} of {self.total:,} {self._unit}s are done"
        said = [f"{self.reused:,} reused"] * bool(self.reused) + [f"{self.failed:,} failed so far"] * bool(self.failed)
        return f"{of} ({', '.join(said)})" if said else of

    def line(self) -> str:
        """Say how far the work is, how fast, and how long the rest takes."""
        left = self.seconds_left()
        rest = "how long the rest takes is not known yet" if left is None else f"about {hours(left)} left"
        return f"{self.standing()}; {self.speed()}, {rest}"

    def _speak(self, ended: threading.Event) -> None:
        wait = FIRST_SECONDS
        if not self._bar.disable and not ended.wait(BAR_SECONDS):
            self._draw()
        while not ended.wait(wait):
            if self._bar.disable:
                say(self.line())
            else:
                only_log(self.line())
                self._draw()
            wait = min(2 * wait, LONGEST_SECONDS)

    def _draw(self) -> None:
        """Draw the bar as it is now, also where nothing has been done yet: tqdm by itself waits for the first one."""
        self._bar.delay = 0  # else tqdm would not know at the end that there is a bar
        self._bar.refresh()


def watched(items: Iterable[Item], name: str, unit: str, total: int | None = None) -> Iterator[Item]:
    """Yield the items, and say how far the work on them is. total: how many there are, where they have no length."""
    counted: Any = items
    with Progress(name, len(counted) if total is None else total, unit) as progress:
        for item in items:
            yield item
            progress.advance()


def left_off() -> str | None:
    """Say how far the work is that was under way last and is not finished; None where there is none."""
    return _under_way[-1].standing() if _under_way else None
