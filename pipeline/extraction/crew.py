"""Videos handed to a crew of workers, one at a time each; a worker that dies takes nothing with it but time.

A video whose worker dies is tried once more by another worker, then it is a failure in the ledger like an unreadable
one. Two videos of the same content are never extracted at the same time: the second is then found in the store.
Test: tests/extraction/test_crew.py.
"""

import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import Protocol

from tqdm import tqdm

from pipeline.core.errors import PipelineError
from pipeline.core.manifest import Video
from pipeline.extraction.extract import Failure, Outcome


class WorkerDied(Exception):
    """A worker is gone; the message says how it ended."""


class Hand(Protocol):
    """The driver's end of one worker, which answers once after its start (None) and once a video (an Outcome)."""

    def send(self, video: Video) -> None:
        """Have the worker extract the video; a worker that is gone says so in `answer`."""
        ...

    def answer(self) -> Outcome | Exception | None:
        """The answer that `Crew.wait` announced, an exception where the work raised one; raises WorkerDied."""
        ...


class Crew(Protocol):
    """Starts workers and waits for them. size: how many may run at a time."""

    size: int

    def start(self, seat: int) -> Hand:
        """Start a worker, without waiting for it; seats are 0 ... size - 1, and a dead worker's seat is given again."""
        ...

    def wait(self, hands: list[Hand]) -> list[Hand]:
        """Wait until at least one of these has an answer or died; these."""
        ...


def dispatch(crew: Crew, videos: list[Video], stream: str) -> Iterator[Outcome]:
    """Yield one outcome a video, in the order of completion.

    Raises what a worker's extraction raised, and PipelineError where workers die as they start, more than one a seat
    in a row.
    """
    waiting = deque(videos)
    seats = list(reversed(range(min(crew.size, len(videos)))))
    seat_of: dict[Hand, int] = {}
    idle: list[Hand] = []
    starting: set[Hand] = set()
    working: dict[Hand, tuple[Video, float]] = {}
    tried: set[str] = set()
    died_starting = 0

    while waiting or working:
        while seats and waiting:
            hand = crew.start(seats[-1])
            seat_of[hand] = seats.pop()
            starting.add(hand)
        while idle and (video := _take(waiting, [video for video, _ in working.values()])):
            working[idle[-1]] = video, time.perf_counter()
            idle.pop().send(video)
        for hand in crew.wait([*working, *starting]):
            video, since = working.pop(hand, (None, 0.0))
            starting.discard(hand)
            try:
                answer = hand.answer()
            except WorkerDied as death:
                seats.append(seat_of.pop(hand))
                if video is None:
                    died_starting += 1
                    if died_starting > crew.size:
                        raise _cannot_start(stream, death) from None
                elif video.video_id in tried:
                    seconds = round(time.perf_counter() - since, 3)
                    cause = f"two workers died of it, the second one: {death}"
                    yield Outcome(
                        video.video_id, failure=Failure(video.video_id, stream, cause, decoder="", seconds=seconds)
                    )
                else:
                    tried.add(video.video_id)
                    waiting.appendleft(video)
                    note = f"{stream}: a worker died on {video.video_id} ({death}); another one tries it"
                    tqdm.write(note, file=sys.stderr)
                continue
            if isinstance(answer, Exception):
                raise answer
            idle.append(hand)
            if video is None:
                died_starting = 0
            else:
                yield answer


def _take(waiting: deque[Video], working: list[Video]) -> Video | None:
    """Remove and return the first video whose content nobody works on."""
    contents = {video.sha256 for video in working}
    for index, video in enumerate(waiting):
        if not video.sha256 or video.sha256 not in contents:
            del waiting[index]
            return video
    return None


def _cannot_start(stream: str, death: WorkerDied) -> PipelineError:
    return PipelineError(
        f"the workers of this stream die as they start, the last one: {death}",
        where=stream,
        fix="try AMDNET_EXECUTOR=serial, which shows the error whole; where memory is short, lower AMDNET_WORKERS",
    )
