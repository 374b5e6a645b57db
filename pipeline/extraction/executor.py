"""How the jobs of an extraction are run: an executor maps jobs to outcomes, in any order; no result depends on it."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Job = TypeVar("Job")
Outcome = TypeVar("Outcome")


def serial(work: Callable[[Job], Outcome], jobs: Iterable[Job]) -> Iterator[Outcome]:
    """One job after the other, in this process."""
    return map(work, jobs)
