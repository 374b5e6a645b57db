"""Chooses which workers extract the videos: threads of this process, worker processes, or Ray actors.

The choice changes no byte of the result: every worker calls the same `extract` and puts the features into the same
store. The test files of the three pools compare their bytes.
"""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import Any

from pipeline.core import runtime
from pipeline.core.manifest import Video
from pipeline.extraction.extract import Outcome
from pipeline.extraction.inline_pool import InlinePool
from pipeline.extraction.pool import WorkerPool
from pipeline.extraction.process_pool import ProcessPool
from pipeline.extraction.ray_pool import RayPool
from pipeline.extraction.scheduler import schedule
from pipeline.extraction.stream import Stream
from pipeline.feature_io.store import Store

POOLS: dict[str, Callable[[Stream, Store], AbstractContextManager[WorkerPool[Any]]]] = {
    "inline": InlinePool,
    "process": ProcessPool,
    "ray": RayPool,
}


def outcomes(videos: list[Video], stream: Stream, store: Store) -> Generator[Outcome, None, None]:
    """Extract the videos with the executor that AMDNET_EXECUTOR names, and yield their outcomes in any order.

    Closing this generator ends all workers. Raises PipelineError where AMDNET_EXECUTOR names no executor and where
    workers cannot start, and what `pipeline.extraction.extract.extract` raises.
    """
    make_pool = POOLS[runtime.executor()]
    if videos:
        with make_pool(stream, store) as pool:
            yield from schedule(pool, videos, stream.name)
