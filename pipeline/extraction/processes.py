"""Worker processes on this machine: one a GPU, or several that share the CPU's cores.

A worker outlives neither its driver nor the run: closing the crew ends it, and it watches for the driver's death.
Ctrl-C is the driver's to handle. Test: tests/extraction/test_executor.py.
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
from pipeline.extraction.crew import Hand, WorkerDied
from pipeline.extraction.extract import Outcome
from pipeline.extraction.stream import Stream
from pipeline.extraction.worker import Task, Worker, task
from pipeline.feature_io.store import Store

SECONDS_TO_END = 5  # to remove temporary files and end a decoder, before the worker is killed


class ProcessHand:
    """See `pipeline.extraction.crew.Hand`."""

    def __init__(self, task: Task):
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        # not daemonic: a daemonic process may have no children, and a decoder may run in one
        self.process: SpawnProcess = context.Process(target=_serve, args=(theirs, task), daemon=False)
        self.process.start()
        theirs.close()

    def send(self, video: Video) -> None:
        with suppress(OSError):
            self.pipe.send(video)

    def answer(self) -> Outcome | Exception | None:
        with suppress(EOFError, OSError):
            if self.pipe.poll():
                return self.pipe.recv()
        self.process.join()
        raise WorkerDied(_ending(self.process.exitcode))


class ProcessCrew:
    """See `pipeline.extraction.crew.Crew`; a context manager that ends its workers."""

    def __init__(self, stream: Stream, store: Store):
        devices, threads = _devices(), torch.get_num_threads()
        self.size = runtime.workers() or (threads if devices == ["cpu"] else len(devices))
        self._tasks = [task(stream, store, device, max(1, threads // self.size)) for device in devices]
        self._hands: list[ProcessHand] = []

    def start(self, seat: int) -> ProcessHand:
        self._hands.append(ProcessHand(self._tasks[seat % len(self._tasks)]))
        return self._hands[-1]

    def wait(self, hands: list[Hand]) -> list[Hand]:
        while True:
            ready = connection.wait([hand.pipe for hand in hands], timeout=1)
            # a child of a dead worker may hold its end of the pipe open, so the worker itself is asked as well
            if found := [hand for hand in hands if hand.pipe in ready or not hand.process.is_alive()]:
                return found

    def __enter__(self) -> "ProcessCrew":
        return self

    def __exit__(self, *_: object) -> None:
        for hand in self._hands:
            hand.process.terminate()
        for hand in self._hands:
            hand.process.join(SECONDS_TO_END)
            hand.process.kill()
            hand.process.join()
            hand.pipe.close()


def _devices() -> list[str]:
    """The device of each seat, in turn: all GPUs, unless AMDNET_DEVICE names one of them or the CPU."""
    chosen = runtime.device()
    if chosen.type == "cuda" and chosen.index is None:
        return [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    return [str(chosen)]


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit status {code}"
    named = f"killed by {signal.Signals(-code).name}"
    return f"{named}, as the kernel does where memory runs out" if code == -signal.SIGKILL else named


def _serve(pipe: connection.Connection, task: Task) -> None:
    """What a worker process runs: answer until the driver closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    threading.Thread(target=_end_with_driver, daemon=True).start()
    worker = Worker(task)
    with suppress(EOFError, BrokenPipeError):
        pipe.send(worker.start())
        while True:
            pipe.send(worker.extract(pipe.recv()))


def _end_with_driver() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)
