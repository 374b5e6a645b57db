"""One item ahead: the next is made on a second thread while the caller works on this one.

So a model never waits for the decoder where decoding is the faster of the two, and never more than two batches of
pictures are in memory. Test: tests/extraction/test_prefetch.py.
"""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
_END = object()


@dataclass
class Seconds:
    """Wall-clock seconds: making items on the second thread, and waiting for them on the first."""

    made: float = 0.0
    waited: float = 0.0


def prefetch(items: Iterable[T], seconds: Seconds) -> Iterator[T]:
    """Yield the items in order, at most one made ahead; what making them raises is raised here.

    Closing the generator waits for the item in the making, so its source may be freed afterwards.
    """
    source = iter(items)

    def make():
        started = time.perf_counter()
        item = next(source, _END)
        seconds.made += time.perf_counter() - started
        return item

    with ThreadPoolExecutor(1) as worker:
        ahead = worker.submit(make)
        while True:
            started = time.perf_counter()
            item = ahead.result()
            seconds.waited += time.perf_counter() - started
            if item is _END:
                return
            ahead = worker.submit(make)
            yield item
