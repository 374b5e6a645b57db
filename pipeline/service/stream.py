"""Sends a video as fragmented MP4 (H.264 and AAC) from any second on, for browsers that cannot play the file.

Test: tests/service/test_stream.py.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from pipeline.search.results import IndexedVideo
from pipeline.service.errors import BUSY, MediaError
from pipeline.service.files import file_of
from pipeline.service.process import Child

MOST = 8
"""How many streams are sent at a time."""
STALLED = 10.0
"""Seconds after which a client that does not read is cut off."""

_FIRST, _NEXT = 20.0, 60.0
"""Seconds within which the first and each next piece must come from the process that makes the stream."""
_LONGEST, _TIMES = 600.0, 4
"""A stream ends after so many seconds and so many times what is left of the video, however slowly it is read."""

_running = 0


def stream_response(video: IndexedVideo, start: float) -> Response:
    """Return the response that streams the video from `start` seconds on.

    The player's currentTime is 0 at `start`, which the header X-Start repeats: add it to currentTime to have the second
    of the video. Where the picture is copied (X-Picture: copied), the stream begins with the key frame before `start`,
    and its edit list tells the player to show nothing before `start`; otherwise it is encoded anew (X-Picture:
    encoded). Range is not known and a player cannot seek in the stream, not even in what it has: to go elsewhere, or to
    loop, ask for another one.

    Where the video cannot be streamed, the response is {"error": sentence} with the status of the MediaError (404, 422
    or 503). A client that does not read for ten seconds, as a player that is paused for long, is cut off; let it ask
    for another stream from its currentTime. Half a minute is sent at once, and from then on as much as plays.
    """
    return _Film(video, start)


class _Film(Response):
    media_type = "video/mp4"

    def __init__(self, video: IndexedVideo, second: float):
        self._video, self._second = video, second
        self.status_code, self.background = 200, None
        self.init_headers({"Accept-Ranges": "none", "Cache-Control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream until it ends, the client is gone or does not read."""
        sent, gone = asyncio.create_task(self._sent(scope, receive, send)), asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({sent, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sent, gone):
                task.cancel()
            await asyncio.gather(sent, gone, return_exceptions=True)
        if not sent.cancelled():
            sent.result()

    async def _sent(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            path, _ = file_of(self._video)
            if not math.isfinite(self._second):
                raise MediaError("A stream starts at some second.")
            second = max(self._second, 0.0)
            async with _child(path, second) as child:
                async with asyncio.timeout(_FIRST):
                    answer = await child.answer()
                self.headers["X-Start"] = f"{second:.3f}"
                self.headers["X-Picture"] = "copied" if answer["copied"] else "encoded"
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                if scope["method"] == "HEAD":
                    await send({"type": "http.response.body"})
                    return
                left = max(self._video.duration - second, 0.0)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LONGEST + _TIMES * left):
                        await _pass_on(child, send)
        except TimeoutError:
            await _say(MediaError("The video was not read in time."), scope, receive, send)
        except MediaError as error:
            await _say(error, scope, receive, send)


async def _pass_on(child: Child, send: Send) -> None:
    """Send what the child writes; raises TimeoutError where one of the two sides stops."""
    while True:
        async with asyncio.timeout(_NEXT):
            piece = await child.piece()
        if not piece:
            break
        async with asyncio.timeout(STALLED):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    if await child.done():  # else the client must not take what it has for all
        await send({"type": "http.response.body"})


async def _say(error: MediaError, scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({"error": str(error)}, error.status)(scope, receive, send)


@asynccontextmanager
async def _child(path: Path, second: float) -> AsyncIterator[Child]:
    global _running
    if _running == MOST:
        raise MediaError("As many videos are being streamed as may be at a time; try again.", BUSY)
    _running += 1
    try:
        child = await Child.asked(task="film", path=str(path), second=second)
        try:
            yield child
        finally:
            child.close()
    finally:
        _running -= 1


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
