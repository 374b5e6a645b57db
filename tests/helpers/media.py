"""Asks for posters and streams as a page does, and looks at what comes."""

import asyncio
import io
import os
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import psutil

from pipeline.search.results import IndexedVideo
from pipeline.service.posters import Posters
from pipeline.service.stream import stream_response


def indexed(path: Path | None, duration: float = 10.0) -> IndexedVideo:
    """The file as a video of an index."""
    return IndexedVideo("some", "some.mp4", path, duration)


def poster(path: Path | None, seconds: float, width: int = 320) -> np.ndarray:
    """The poster's pixels (H, W, 3), taken anew."""
    return pixels(asyncio.run(Posters().get(indexed(path), seconds, width)))


def pixels(jpeg: bytes) -> np.ndarray:
    """A JPEG as (H, W, 3) uint8."""
    with av.open(io.BytesIO(jpeg)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


@dataclass
class Streamed:
    """What a client was sent. complete: whether it was told that this is all."""

    status: int
    headers: dict[str, str]
    body: bytes
    complete: bool

    @property
    def start(self) -> float:
        return float(self.headers["x-start"])

    def pictures(self) -> list[tuple[float, np.ndarray]]:
        """The frames, each with the second of the video at which it is due."""
        with av.open(io.BytesIO(self.body)) as container:
            frames = container.decode(video=0)
            return [(self.start + float(frame.time), frame.to_ndarray(format="rgb24")) for frame in frames]

    def sound(self) -> tuple[float, float]:
        """The seconds of the video at which there is first and last something to be heard."""
        with av.open(io.BytesIO(self.body)) as container:
            frames = list(container.decode(audio=0))
        loud = np.flatnonzero(np.abs(np.concatenate([frame.to_ndarray()[0] for frame in frames])) > 0.05)
        first = self.start + float(frames[0].time)
        return first + loud[0] / frames[0].rate, first + loud[-1] / frames[0].rate


def streamed(path: Path | None, start: float, method: str = "GET") -> Streamed:
    """What a client that reads everything is sent."""
    sent = []

    async def ask() -> None:
        async def receive():
            await asyncio.sleep(600)

        async def send(message):
            sent.append(message)

        await stream_response(indexed(path), start)({"type": "http", "method": method}, receive, send)

    asyncio.run(ask())
    head, *pieces = sent
    headers = {name.decode(): value.decode() for name, value in head["headers"]}
    body = b"".join(piece.get("body", b"") for piece in pieces)
    return Streamed(head["status"], headers, body, not pieces[-1].get("more_body", False))


def left_behind() -> tuple[int, int]:
    """How many children and open descriptors this process has."""
    return len(psutil.Process().children()), len(os.listdir("/proc/self/fd"))
