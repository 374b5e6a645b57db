"""Starts a process without the garbage collector, which would look through all that is imported, many times over.

What torch and transformers make when they are imported stays until the process ends. Looking through it takes a third
of the time of a stage's start, and of a first search. Test: tests/core/test_quick_start.py.
"""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager


def begin() -> None:
    """Stop collecting garbage, until `end`."""
    gc.disable()


def end() -> None:
    """Collect garbage again, but never look at what there is now; nor at anything at the end of the process."""
    gc.freeze()
    gc.enable()
    atexit.register(gc.freeze)


@contextmanager
def quick_start() -> Iterator[None]:
    """Import and open things in the block without collecting garbage."""
    begin()
    try:
        yield
    finally:
        end()
