"""Starts or joins Ray, on all machines of a cluster, or on this machine where there is no cluster.

It needs the optional package `ray`. RAY_ADDRESS names the cluster (`auto`, or host:port). Without it, Ray is started on
this machine for this run and is stopped at its end. All machines of a cluster must see the same code, videos, features
and store under the same paths. Test: tests/extraction/test_ray_pool.py.
"""

import math
import os
from types import ModuleType
from typing import Any

from pipeline.core import runtime
from pipeline.core.errors import PipelineError


class RayCluster:
    """The actors of one run: one for each GPU of the cluster, or for each CPU where there is no GPU.

    If AMDNET_WORKERS asks for more actors than GPUs, they share the GPUs evenly. A context manager: on exit it ends its
    actors, and Ray where it started it. ray: the module; size: how many actors there are to be; device: where they
    compute, a name that AMDNET_DEVICE may have. Raises PipelineError where ray is not installed.
    """

    def __init__(self) -> None:
        self.ray = _ray()
        self._started = not self.ray.is_initialized()
        if self._started:
            self.ray.init(os.environ.get("RAY_ADDRESS", "local"), include_dashboard=False)
        resources = self.ray.cluster_resources()
        gpus = 0 if runtime.device_name() == "cpu" else int(resources.get("GPU", 0))
        self.size = runtime.workers() or gpus or max(1, int(resources["CPU"]))
        self.device = "cuda" if gpus else "cpu"
        self._gpus = 1 / math.ceil(self.size / gpus) if gpus else 0
        self._actors: list[Any] = []

    def actor(self, kind: type, *arguments: Any, restarts: int = 0) -> Any:
        """Start an actor, an instance of `kind` made with these arguments, without waiting for it.

        restarts: how often Ray starts it anew where it dies, and asks it again what it was asked.
        """
        options = {"num_cpus": 1, "num_gpus": self._gpus, "max_restarts": restarts, "max_task_retries": restarts}
        self._actors.append(self.ray.remote(kind).options(**options).remote(*arguments))
        return self._actors[-1]

    def __enter__(self) -> "RayCluster":
        return self

    def __exit__(self, *_: object) -> None:
        for actor in self._actors:
            self.ray.kill(actor)
        if self._started:
            self.ray.shutdown()


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
