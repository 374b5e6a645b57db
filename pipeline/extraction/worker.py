"""What runs in a worker, which is a process or a Ray actor: it sets itself up once, then extracts one video at a time.

Test: tests/extraction/test_process_pool.py.
"""

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pipeline.core.manifest import Video
from pipeline.core.worker_setup import WorkerSetup, caught, refused
from pipeline.extraction.extract import Outcome, extract
from pipeline.extraction.stream import Stream
from pipeline.feature_io.store import Store


@dataclass(frozen=True)
class WorkerConfig:
    """All that a worker must know before its first video, on any machine that sees the same files.

    setup: the driver's code and environment. stream: the pickled stream; the worker unpickles it last, because the
    stream then looks for its weights. provenance: the driver's provenance of the stream, which the worker's must equal.
    """

    setup: WorkerSetup
    stream: bytes
    provenance: dict[str, Any]
    store: Store


def worker_config(stream: Stream, store: Store, device: str, threads: int) -> WorkerConfig:
    """Describe a worker that computes on `device`, a name that AMDNET_DEVICE may have."""
    return WorkerConfig(WorkerSetup.of_driver(device, threads), pickle.dumps(stream), stream.provenance, store)


class Worker:
    """Extracts videos. Its methods return what they raise, see `caught`."""

    def __init__(self, config: WorkerConfig):
        self._config = config

    def start(self) -> Exception | None:
        """Build the stream, which must be done before the first video; None where that went well."""
        return caught(self._start)

    def extract(self, video: Video) -> Outcome | Exception:
        """Extract one video; see `pipeline.extraction.extract.extract`."""
        return caught(lambda: extract(video, self._stream, self._config.store, self._model))

    def _start(self) -> None:
        self._config.setup.apply()
        self._model = ThreadPoolExecutor(1)
        self._stream = pickle.loads(self._config.stream)
        if self._stream.provenance != self._config.provenance:
            raise refused(f"its provenance is {self._stream.provenance}, the driver's is {self._config.provenance}")
