"""How much the service takes from one request, and how many it works on at a time.

Test: tests/service/test_limits.py.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

MOST_CHARACTERS = 1000
"""Of a query, and of the label of a clip."""
MOST_CLIPS = 500
"""Of one export."""
MOST_QUERY_STRING = 1 << 15
"""Bytes of the part of an address after its `?`."""
MOST_HEAD = 1 << 16
"""Bytes of the request line and the headers together."""
MOST_BODY = 1 << 19
"""Bytes of the body of a request."""
MOST_DROPPED = 1 << 27
"""Bytes of a body that is too large which are read nevertheless, so that its sender gets to read the answer."""
SECONDS_TO_SEND = 10.0
"""In which a client must have sent its whole request."""
MOST_CONNECTIONS = 1000

T = TypeVar("T")


class Busy(Exception):
    """More requests wait for the same work than the service lets wait."""


class TooLarge(Exception):
    """A request sent more bytes than it may."""


class Turns:
    """Runs calls in threads, some at a time, and lets some more wait for their turn, first come, first served."""

    def __init__(self, at_once: int, waiting: int):
        self._free = asyncio.Semaphore(at_once)
        self._room = at_once + waiting

    async def run(self, call: Callable[[], T], gone: Callable[[], Awaitable[bool]]) -> T | None:
        """Return what the call returns, or None where its client is gone when its turn comes.

        Raises Busy where too many wait already.
        """
        if not self._room:
            raise Busy
        self._room -= 1
        try:
            async with self._free:
                return None if await gone() else await asyncio.to_thread(call)
        finally:
            self._room += 1
