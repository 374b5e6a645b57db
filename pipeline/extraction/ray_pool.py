"""The executor `ray`: Ray actors on all machines of a Ray cluster, or on this machine where there is no cluster.

It needs the optional package `ray`. RAY_ADDRESS names the cluster (`auto`, or host:port). Without it, Ray is started on
this machine for this run and is stopped at its end. All machines of a cluster must see the same code, videos and store
under the same paths. Test: tests/extraction/test_ray_pool.py.
"""

import math
import os
from types import ModuleType

from pipeline.core import runtime
from pipeline.core.errors import PipelineError
from pipeline.core.manifest import Video
from pipeline.extraction.extract import Outcome
from pipeline.extraction.pool import WorkerDied
from pipeline.extraction.stream import Stream
from pipeline.extraction.worker import Worker, WorkerConfig, worker_config
from pipeline.feature_io.store import Store


class RayHandle:
    """See `pipeline.extraction.pool.WorkerHandle`. `pending` is Ray's reference to the next result."""

    def __init__(self, ray: ModuleType, gpus: float, config: WorkerConfig):
        self._ray = ray
        self.actor = ray.remote(Worker).options(num_cpus=1, num_gpus=gpus, max_restarts=0).remote(config)
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

    On exit it also stops Ray, if it started Ray. There is one actor for each GPU of the cluster, or for each CPU where
    there is no GPU; if AMDNET_WORKERS asks for more actors than GPUs, they share the GPUs evenly. An actor for which
    the cluster has no room any more, because a machine left, waits for room while the other actors work.
    """

    def __init__(self, stream: Stream, store: Store):
        self._ray = _ray()
        self._started = not self._ray.is_initialized()
        if self._started:
            self._ray.init(os.environ.get("RAY_ADDRESS", "local"), include_dashboard=False)
        resources = self._ray.cluster_resources()
        gpus = 0 if runtime.device_name() == "cpu" else int(resources.get("GPU", 0))
        self.size = runtime.workers() or gpus or max(1, int(resources["CPU"]))
        self._gpus = 1 / math.ceil(self.size / gpus) if gpus else 0
        self._config = worker_config(stream, store, "cuda" if gpus else "cpu", threads=1)
        self._handles: list[RayHandle] = []

    def start(self, slot: int) -> RayHandle:
        self._handles.append(RayHandle(self._ray, self._gpus, self._config))
        return self._handles[-1]

    def wait(self, handles: list[RayHandle]) -> list[RayHandle]:
        ready, _ = self._ray.wait([handle.pending for handle in handles], num_returns=1)
        return [handle for handle in handles if handle.pending in ready]

    def __enter__(self) -> "RayPool":
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            self._ray.kill(handle.actor)
        if self._started:
            self._ray.shutdown()


def _ray() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise PipelineError(
            "the executor `ray` needs the package ray, which is not installed",
            where="AMDNET_EXECUTOR",
            fix="`pip install -r requirements-ray.txt`, or AMDNET_EXECUTOR=process for the GPUs of this machine",
        ) from None
    return ray
