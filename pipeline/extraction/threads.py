"""Threads of this process, a video each: while the model works on one video, others are decoded in their own processes.

They share one model on one more thread, which takes their batches in turn. Test: tests/extraction/test_threads.py.
"""

from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor

from pipeline.core import runtime
from pipeline.core.manifest import Video
from pipeline.extraction.crew import Hand
from pipeline.extraction.extract import Outcome, extract
from pipeline.extraction.stream import Stream
from pipeline.feature_io.store import Store


class ThreadHand:
    """See `pipeline.extraction.crew.Hand`. pending: the answer to come."""

    def __init__(self, crew: "ThreadCrew"):
        self._crew = crew
        self.pending: Future[Outcome | None] = Future()
        self.pending.set_result(None)

    def send(self, video: Video) -> None:
        crew = self._crew
        self.pending = crew.videos.submit(extract, video, crew.stream, crew.store, crew.model)

    def answer(self) -> Outcome | None:
        return self.pending.result()


class ThreadCrew:
    """See `pipeline.extraction.crew.Crew`; a context manager that ends its threads, each after the batch it is at.

    size: videos decoded at a time; videos, model: the threads of the videos and of the model.
    """

    def __init__(self, stream: Stream, store: Store):
        self.stream, self.store, self.size = stream, store, runtime.decoders()
        self.videos, self.model = ThreadPoolExecutor(self.size), ThreadPoolExecutor(1)

    def start(self, seat: int) -> ThreadHand:
        return ThreadHand(self)

    def wait(self, hands: list[Hand]) -> list[Hand]:
        done, _ = futures.wait([hand.pending for hand in hands], return_when=futures.FIRST_COMPLETED)
        return [hand for hand in hands if hand.pending in done]

    def __enter__(self) -> "ThreadCrew":
        return self

    def __exit__(self, *_: object) -> None:
        self.model.shutdown(cancel_futures=True)  # a video's thread ends where it next asks the model
        self.videos.shutdown(cancel_futures=True)
