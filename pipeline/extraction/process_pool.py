"""The executor `process`: worker processes on this machine, one for each GPU, or several that share the CPU's cores.

No worker outlives the run: the pool ends its workers when it is closed, and each worker ends by itself when the driver
dies. Workers ignore Ctrl-C, which reaches the driver too, and the driver then closes the pool.
Test: tests/extraction/test_process_pool.py.
"""

import multiprocessing
import os
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing import connection
from multiprocessing.context import SpawnProcess

import torch

from pipeline.core import runtime
from pipeline.core.manifest import Video
from pipeline.extraction.extract import Outcome
from pipeline.extraction.pool import WorkerDied
from pipeline.extraction.stream import Stream
from pipeline.extraction.worker import Worker, WorkerConfig, worker_config
from pipeline.feature_io.store import Store

SECONDS_TO_END = 5  # to remove temporary files and end a decoder, before the worker is killed


class ProcessHandle:
    """See `pipeline.extraction.pool.WorkerHandle`. The worker writes its results into `pipe`."""

    def __init__(self, config: WorkerConfig):
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        # not daemonic: a daemonic process may have no children, and a decoder may run in one
        self.process: SpawnProcess = context.Process(target=_serve, args=(theirs, config), daemon=False)
        self.process.start()
        theirs.close()

    def submit(self, video: Video) -> None:
        with suppress(OSError):
            self.pipe.send(video)

    def result(self) -> Outcome | Exception | None:
        with suppress(EOFError, OSError):
            if self.pipe.poll():
                return self.pipe.recv()
        self.process.join()
        raise WorkerDied(_ending(self.process))


class ProcessPool:
    """See `pipeline.extraction.pool.WorkerPool`. A context manager: on exit it ends its workers."""

    def __init__(self, stream: Stream, store: Store):
        devices, threads = _devices(), torch.get_num_threads()
        self.size = runtime.workers() or (threads if devices == ["cpu"] else len(devices))
        self._configs = [worker_config(stream, store, device, max(1, threads // self.size)) for device in devices]
        self._handles: list[ProcessHandle] = []

    def start(self, slot: int) -> ProcessHandle:
        self._handles.append(ProcessHandle(self._configs[slot % len(self._configs)]))
        return self._handles[-1]

    def wait(self, handles: list[ProcessHandle]) -> list[ProcessHandle]:
        while True:
            ready = connection.wait([handle.pipe for handle in handles], timeout=1)
            # a child of a dead worker may hold its end of the pipe open, so the worker itself is asked as well
            if found := [handle for handle in handles if handle.pipe in ready or not handle.process.is_alive()]:
                return found

    def __enter__(self) -> "ProcessPool":
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.process.terminate()
        for handle in self._handles:
            handle.process.join(SECONDS_TO_END)
            handle.process.kill()
            handle.process.join()
            handle.pipe.close()


def _devices() -> list[str]:
    """Return the devices that the slots take in turn: all GPUs, unless AMDNET_DEVICE names one of them or the CPU."""
    chosen = runtime.device()
    if chosen.type == "cuda" and chosen.index is None:
        return [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    return [str(chosen)]


def _ending(process: SpawnProcess) -> str:
    """Say how a process ended, which must have ended already."""
    code = process.exitcode
    assert code is not None
    if code >= 0:
        return f"exit status {code}"
    named = f"killed by {signal.Signals(-code).name}"
    return f"{named}, as the kernel does where memory runs out" if code == -signal.SIGKILL else named


def _serve(pipe: connection.Connection, config: WorkerConfig) -> None:
    """Run in the worker process: extract the videos that come through the pipe until the driver closes it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    threading.Thread(target=_end_with_driver, daemon=True).start()
    worker = Worker(config)
    with suppress(EOFError, BrokenPipeError):
        pipe.send(worker.start())
        while True:
            pipe.send(worker.extract(pipe.recv()))


def _end_with_driver() -> None:
    if driver := multiprocessing.parent_process():
        driver.join()
        os._exit(1)
