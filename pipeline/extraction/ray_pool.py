"""The executor `ray`: Ray actors on all machines of a Ray cluster, or on this machine where there is no cluster.

`pipeline.core.ray_cluster` says what it needs. Test: tests/extraction/test_ray_pool.py.
"""

from pipeline.core.manifest import Video
from pipeline.core.ray_cluster import RayCluster
from pipeline.extraction.extract import Outcome
from pipeline.extraction.pool import WorkerDied
from pipeline.extraction.stream import Stream
from pipeline.extraction.worker import Worker, WorkerConfig, worker_config
from pipeline.feature_io.store import Store


class RayHandle:
    """See `pipeline.extraction.pool.WorkerHandle`. `pending` is Ray's reference to the next result."""

    def __init__(self, cluster: RayCluster, config: WorkerConfig):
        self._ray = cluster.ray
        self.actor = cluster.actor(Worker, config)
        self.pending = self.actor.start.remote()

    def submit(self, video: Video) -> None:
        self.pending = self.actor.extract.remote(video)

    def result(self) -> Outcome | Exception | None:
        try:
            return self._ray.get(self.pending)
        except self._ray.exceptions.RayTaskError:
            raise
        except self._ray.exceptions.RayError as error:  # the actor, its process or its whole machine is gone
            raise WorkerDied(" ".join(str(error).split())[:500]) from None


class RayPool:
    """See `pipeline.extraction.pool.WorkerPool`. A context manager: on exit it ends its actors.

    An actor for which the cluster has no room any more, because a machine left, waits for room while the other actors
    work.
    """

    def __init__(self, stream: Stream, store: Store):
        self._cluster = RayCluster()
        self.size = self._cluster.size
        self._config = worker_config(stream, store, self._cluster.device, threads=1)

    def start(self, slot: int) -> RayHandle:
        return RayHandle(self._cluster, self._config)

    def wait(self, handles: list[RayHandle]) -> list[RayHandle]:
        ready, _ = self._cluster.ray.wait([handle.pending for handle in handles], num_returns=1)
        return [handle for handle in handles if handle.pending in ready]

    def __enter__(self) -> "RayPool":
        return self

    def __exit__(self, *_: object) -> None:
        self._cluster.__exit__()
