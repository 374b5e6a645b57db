"""What runs in a worker, which is a process or a Ray actor: it sets itself up once, then extracts one video at a time.

Test: tests/extraction/test_process_pool.py.
"""

import os
import pickle
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import torch

from pipeline.core import runtime
from pipeline.core.code_hash import code_of, imported_modules
from pipeline.core.errors import PipelineError
from pipeline.core.manifest import Video
from pipeline.extraction.extract import Outcome, extract
from pipeline.extraction.stream import Stream
from pipeline.feature_io.store import Store

Result = TypeVar("Result")


@dataclass(frozen=True)
class WorkerConfig:
    """All that a worker must know before its first video, on any machine that sees the same files.

    stream: the pickled stream. The worker unpickles it last, because the stream then looks for its weights.
    code: the hash of every module of this project that the driver has imported.
    provenance: the driver's provenance of the stream, which the worker's must equal.
    environment: the driver's environment variables of this project, with absolute folders.
    threads: how many threads torch uses on the CPU.
    """

    stream: bytes
    code: dict[str, str | None]
    provenance: dict[str, Any]
    store: Store
    environment: dict[str, str]
    threads: int


def worker_config(stream: Stream, store: Store, device: str, threads: int) -> WorkerConfig:
    """Describe a worker that computes on `device`, a name that AMDNET_DEVICE may have."""
    own = {name: value for name, value in os.environ.items() if name.startswith("AMDNET_")}
    folders = {"DVC_ROOT": str(runtime.project_root()), "AMDNET_STORE": str(runtime.store_root())}
    environment = {**own, **folders, "AMDNET_DEVICE": device}
    code = code_of(imported_modules())
    return WorkerConfig(pickle.dumps(stream), code, stream.provenance, store, environment, threads)


class Worker:
    """Extracts videos. Its methods return exceptions instead of raising them: not every exception can be pickled.

    They return a PipelineError as it is, and any other exception as a RuntimeError whose message is the traceback.
    """

    def __init__(self, config: WorkerConfig):
        self._config = config

    def start(self) -> Exception | None:
        """Build the stream, which must be done before the first video; None where that went well."""
        return _caught(self._start)

    def extract(self, video: Video) -> Outcome | Exception:
        """Extract one video; see `pipeline.extraction.extract.extract`."""
        return _caught(lambda: extract(video, self._stream, self._config.store, self._model))

    def _start(self) -> None:
        os.environ.update(self._config.environment)
        torch.set_num_threads(self._config.threads)
        self._model = ThreadPoolExecutor(1)
        code = code_of(self._config.code)
        if others := [name for name, found in code.items() if found != self._config.code[name]]:
            raise _refused(f"its code is not the driver's: {', '.join(others)}")
        self._stream = pickle.loads(self._config.stream)
        if self._stream.provenance != self._config.provenance:
            raise _refused(f"its provenance is {self._stream.provenance}, the driver's is {self._config.provenance}")


def _refused(cause: str) -> PipelineError:
    return PipelineError(
        cause,
        where=f"worker on {os.uname().nodename}",
        fix="give every machine the same code and the same weights, and change neither during a run",
    )


def _caught(work: Callable[[], Result]) -> Result | Exception:
    try:
        return work()
    except PipelineError as error:
        return error
    except Exception:
        return RuntimeError(f"in a worker:\n{traceback.format_exc()}")
