"""Ray actors: workers on all machines of a Ray cluster, or on this one where there is no cluster.

Needs the optional package `ray`. RAY_ADDRESS names the cluster (`auto`, or host:port); without it Ray is started on
this machine for this run and stopped with it. All machines see the same code, videos and store under the same paths.
Test: tests/extraction/test_ray.py.
"""

import math
import os
from types import ModuleType

from pipeline.core import runtime
from pipeline.core.errors import PipelineError
from pipeline.core.manifest import Video
from pipeline.extraction.crew import Hand, WorkerDied
from pipeline.extraction.extract import Outcome
from pipeline.extraction.stream import Stream
from pipeline.extraction.worker import Task, Worker, task
from pipeline.feature_io.store import Store


class RayHand:
    """See `pipeline.extraction.crew.Hand`. pending: the reference of the answer to come."""

    def __init__(self, ray: ModuleType, gpus: float, task: Task):
        self._ray = ray
        self.actor = ray.remote(Worker).options(num_cpus=1, num_gpus=gpus, max_restarts=0).remote(task)
        self.pending = self.actor.start.remote()

    def send(self, video: Video) -> None:
        self.pending = self.actor.extract.remote(video)

    def answer(self) -> Outcome | Exception | None:
        try:
            return self._ray.get(self.pending)
        except self._ray.exceptions.RayTaskError:
            raise
        except self._ray.exceptions.RayError as error:  # the actor, its process or its whole machine is gone
            raise WorkerDied(" ".join(str(error).split())[:500]) from None


class RayCrew:
    """See `pipeline.extraction.crew.Crew`; a context manager that ends its actors, and Ray where it started it.

    One actor a GPU, else one a CPU, over the whole cluster; more workers than GPUs share them evenly. An actor that
    finds no place, since the cluster shrank, waits for one while the others work.
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
        self._task = task(stream, store, "cuda" if gpus else "cpu", threads=1)
        self._hands: list[RayHand] = []

    def start(self, seat: int) -> RayHand:
        self._hands.append(RayHand(self._ray, self._gpus, self._task))
        return self._hands[-1]

    def wait(self, hands: list[Hand]) -> list[Hand]:
        ready, _ = self._ray.wait([hand.pending for hand in hands], num_returns=1)
        return [hand for hand in hands if hand.pending in ready]

    def __enter__(self) -> "RayCrew":
        return self

    def __exit__(self, *_: object) -> None:
        for hand in self._hands:
            self._ray.kill(hand.actor)
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
