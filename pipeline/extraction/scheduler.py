"""Gives the videos to the workers of a pool, one at a time each, so that every video gets exactly one outcome.

If a worker dies, another worker tries its video once more; if that one dies too, the video is a failure in the ledger,
like an unreadable one. Two videos with the same content are never extracted at the same time: the second one is
extracted later, when the store has the features of the first. Test: tests/extraction/test_scheduler.py.
"""

import time
from collections import deque
from collections.abc import Iterator

from pipeline.core.errors import PipelineError
from pipeline.core.manifest import Video
from pipeline.core.stage_log import say
from pipeline.extraction.extract import Failure, Outcome
from pipeline.extraction.pool import Handle, WorkerDied, WorkerPool


def schedule(pool: WorkerPool[Handle], videos: list[Video], stream: str) -> Iterator[Outcome]:
    """Have the pool extract the videos, and yield one outcome for each of them, in the order of completion.

    stream: the stream's name, for the ledger and for messages.

    Raises the exception that a worker returned, and PipelineError where workers die before they have started: more
    often than the pool has slots, with no start that succeeds between them.
    """
    waiting = deque(videos)
    free_slots = list(reversed(range(min(pool.size, len(videos)))))
    slot_of: dict[Handle, int] = {}
    starting: set[Handle] = set()
    idle: list[Handle] = []
    working: dict[Handle, tuple[Video, float]] = {}
    retried: set[str] = set()
    failed_starts = 0

    while waiting or working:
        while free_slots and waiting:
            handle = pool.start(free_slots[-1])
            slot_of[handle] = free_slots.pop()
            starting.add(handle)
        while idle and (next_video := _take(waiting, [video for video, _ in working.values()])):
            working[idle[-1]] = next_video, time.perf_counter()
            idle.pop().submit(next_video)
        for handle in pool.wait([*working, *starting]):
            video, since = working.pop(handle, (None, 0.0))
            starting.discard(handle)
            try:
                result = handle.result()
            except WorkerDied as death:
                free_slots.append(slot_of.pop(handle))
                if video is None:
                    failed_starts += 1
                    if failed_starts > pool.size:
                        raise _cannot_start(stream, death) from None
                elif video.video_id in retried:
                    seconds = round(time.perf_counter() - since, 3)
                    cause = f"two workers died of it, the second one: {death}"
                    yield Outcome(
                        video.video_id, failure=Failure(video.video_id, stream, cause, decoder="", seconds=seconds)
                    )
                else:
                    retried.add(video.video_id)
                    waiting.appendleft(video)
                    note = f"{stream}: a worker died on {video.video_id} ({death}); another one tries it"
                    say(note)
                continue
            if isinstance(result, Exception):
                raise result
            idle.append(handle)
            if result is None:
                failed_starts = 0
            else:
                yield result


def _take(waiting: deque[Video], working: list[Video]) -> Video | None:
    """Remove and return the first waiting video whose content no worker is extracting; None if there is none."""
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
        fix="try AMDNET_EXECUTOR=inline, which shows the error whole; where memory is short, lower AMDNET_WORKERS",
    )
