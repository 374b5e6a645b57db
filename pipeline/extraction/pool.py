"""What the scheduler needs of a pool of workers. A worker extracts one video at a time and may die at any moment.

`inline_pool`, `process_pool` and `ray_pool` implement it.
"""

from typing import Protocol, TypeVar

from pipeline.core.manifest import Video
from pipeline.extraction.extract import Outcome


class WorkerDied(Exception):
    """A worker has died. The message says how it ended, for example by which signal."""


class WorkerHandle(Protocol):
    """The driver's handle on one worker. The worker gives one result after its start, then one for every video."""

    def submit(self, video: Video) -> None:
        """Have the worker extract this video. It does not raise where the worker has died; `result` does."""
        ...

    def result(self) -> Outcome | Exception | None:
        """Return the result that `WorkerPool.wait` found, without waiting.

        The result of a start is None, that of a video its outcome, and that of either an exception where the work
        raised one. Raises WorkerDied where the worker died instead.
        """
        ...


Handle = TypeVar("Handle", bound=WorkerHandle)


class WorkerPool(Protocol[Handle]):
    """Starts workers and waits for their results. `size` is the number of slots: workers that run at the same time."""

    size: int

    def start(self, slot: int) -> Handle:
        """Start a worker in a slot, 0 ... size - 1, and return without waiting for it.

        The slot decides which device the worker has. The slot of a worker that died may be used again.
        """
        ...

    def wait(self, handles: list[Handle]) -> list[Handle]:
        """Wait until at least one of these workers has a result or has died, and return all that have."""
        ...
