"""How long the steps of a search took. Test: tests/tools/test_search.py."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import typer


class Steps:
    """Adds up seconds by the name of a step, in the order in which the steps were met."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._seconds: dict[str, float] = {}

    def add(self, seconds: Mapping[str, float]) -> None:
        """Add what steps took."""
        for name, value in seconds.items():
            self._seconds[name] = self._seconds.get(name, 0.0) + value

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add what the block takes."""
        began = time.perf_counter()
        yield
        self.add({name: time.perf_counter() - began})

    def report(self) -> None:
        """Print a line for each step, and one for all, on standard error."""
        rows = {**self._seconds, "from start to end": time.perf_counter() - self._began}
        wide = max(map(len, rows))
        for name, seconds in rows.items():
            typer.echo(f"{name:{wide}}  {seconds:8.3f} s", err=True)
