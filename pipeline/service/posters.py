"""Gives the picture of a video at a time, as a small JPEG. Test: tests/service/test_posters.py.

Every poster is taken by a process of its own, which is killed where it does not keep its deadline: it starts in a tenth
of a second, and nothing of a video stays behind.
"""

import asyncio
import math
from collections import OrderedDict
from functools import partial
from pathlib import Path

from pipeline.search.results import IndexedVideo
from pipeline.service.errors import BUSY, MediaError
from pipeline.service.files import file_of
from pipeline.service.process import Child

WIDTHS = (160, 320, 640)
"""The widths in pixels that a poster may have; a picture that is narrower is not widened."""

SECONDS = 20.0
"""How long taking one poster may last."""

_AT_A_TIME, _MOST_ASKED = 2, 200
_KEPT_BYTES = 64 << 20

_Key = tuple[Path, tuple[int, int], float, int]


class Posters:
    """Takes posters on demand, a few at a time, and keeps those that were taken as long as their file is unchanged."""

    def __init__(self, kept_bytes: int = _KEPT_BYTES):
        self._kept: OrderedDict[_Key, bytes] = OrderedDict()
        self._taking: dict[_Key, asyncio.Task[bytes]] = {}
        self._most, self._bytes = kept_bytes, 0
        self._turn = asyncio.Semaphore(_AT_A_TIME)

    async def get(self, video: IndexedVideo, seconds: float, width: int) -> bytes:
        """Return the frame that is on screen at `seconds`, upright, as a JPEG; after the end it is the last frame.

        Raises ValueError where the width is none of WIDTHS or `seconds` no finite number, MediaError where there is no
        picture to be had.
        """
        if width not in WIDTHS or not math.isfinite(seconds):
            raise ValueError(f"no poster is {width} wide or at {seconds} s")
        path, state = file_of(video)
        key = (path, state, max(round(seconds, 3), 0.0), width)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if key not in self._taking:
            if len(self._taking) == _MOST_ASKED:
                raise MediaError("Too many pictures are asked for at a time; try again.", BUSY)
            self._taking[key] = asyncio.create_task(self._taken(key))
            self._taking[key].add_done_callback(partial(self._let_go, key))
        return await asyncio.shield(self._taking[key])  # others may wait for it too

    def _let_go(self, key: _Key, task: asyncio.Task[bytes]) -> None:
        del self._taking[key]
        if not task.cancelled():
            task.exception()  # is seen, also where nobody waits any more

    async def _taken(self, key: _Key) -> bytes:
        async with self._turn:
            poster = await _taken(*key)
        self._kept[key] = poster
        self._bytes += len(poster)
        while self._bytes > self._most:
            self._bytes -= len(self._kept.popitem(last=False)[1])
        return poster


async def _taken(path: Path, _: tuple[int, int], second: float, width: int) -> bytes:
    child = await Child.asked(task="poster", path=str(path), second=second, width=width)
    try:
        async with asyncio.timeout(SECONDS):
            await child.answer()
            return await child.rest()
    except TimeoutError:
        raise MediaError("The picture was not taken in time.") from None
    finally:
        child.close()
