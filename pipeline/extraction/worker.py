"""The worker's side, the same in a process and in a Ray actor: set up once, then one video at a time.

Test: tests/extraction/test_executor.py.
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
class Task:
    """What a worker is given, complete on any machine that sees the same files.

    stream: pickled, since it looks for its weights as soon as it is unpickled; code: hashes of all that the driver has
    imported of this project; environment: the driver's variables of this project, folders resolved; threads: of torch
    on the CPU.
    """

    stream: bytes
    code: dict[str, str | None]
    recipe: dict[str, Any]
    store: Store
    environment: dict[str, str]
    threads: int


def task(stream: Stream, store: Store, device: str, threads: int) -> Task:
    """The task of a worker that computes on `device`."""
    own = {name: value for name, value in os.environ.items() if name.startswith("AMDNET_")}
    folders = {"DVC_ROOT": str(runtime.project_root()), "AMDNET_STORE": str(runtime.store_root())}
    environment = {**own, **folders, "AMDNET_DEVICE": device}
    return Task(pickle.dumps(stream), code_of(imported_modules()), stream.recipe, store, environment, threads)


class Worker:
    """Extracts videos. What goes wrong is returned, not raised: not every exception can travel."""

    def __init__(self, task: Task):
        self._task = task

    def start(self) -> Exception | None:
        """Build the stream; to be called first."""
        return _caught(self._start)

    def extract(self, video: Video) -> Outcome | Exception:
        """See `pipeline.extraction.extract.extract`."""
        return _caught(lambda: extract(video, self._stream, self._task.store, self._model))

    def _start(self) -> None:
        os.environ.update(self._task.environment)
        torch.set_num_threads(self._task.threads)
        self._model = ThreadPoolExecutor(1)
        code = code_of(self._task.code)
        if others := [name for name, found in code.items() if found != self._task.code[name]]:
            raise _refused(f"its code is not the driver's: {', '.join(others)}")
        self._stream = pickle.loads(self._task.stream)
        if self._stream.recipe != self._task.recipe:
            raise _refused(f"its recipe is {self._stream.recipe}, the driver's is {self._task.recipe}")


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
