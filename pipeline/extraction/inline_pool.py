"""The executor `inline`: threads of this process extract, so that one video is decoded while another is in the model.

Each worker is a thread that decodes one video. All workers share one model, which runs on one further thread and takes
their batches in turn. Test: tests/extraction/test_inline_pool.py.
"""

from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor

from pipeline.core import runtime
from pipeline.core.manifest import Video
from pipeline.extraction.extract import Outcome, extract
from pipeline.extraction.stream import Stream
from pipeline.feature_io.store import Store


class InlineHandle:
    """See `pipeline.extraction.pool.WorkerHandle`. `pending` is the future of the next result.

    What the extraction raises is raised by `result`, so its traceback is whole.
    """

    def __init__(self, pool: "InlinePool"):
        self._pool = pool
        self.pending: Future[Outcome | None] = Future()
        self.pending.set_result(None)

    def submit(self, video: Video) -> None:
        pool = self._pool
        self.pending = pool.video_threads.submit(extract, video, pool.stream, pool.store, pool.model_thread)

    def result(self) -> Outcome | None:
        return self.pending.result()


class InlinePool:
    """See `pipeline.extraction.pool.WorkerPool`. A context manager: on exit every thread ends after its present batch.

    `size` is the number of videos that are decoded at the same time.
    """

    def __init__(self, stream: Stream, store: Store):
        self.stream, self.store, self.size = stream, store, runtime.decoders()
        self.video_threads, self.model_thread = ThreadPoolExecutor(self.size), ThreadPoolExecutor(1)

    def start(self, slot: int) -> InlineHandle:
        return InlineHandle(self)

    def wait(self, handles: list[InlineHandle]) -> list[InlineHandle]:
        done, _ = futures.wait([handle.pending for handle in handles], return_when=futures.FIRST_COMPLETED)
        return [handle for handle in handles if handle.pending in done]

    def __enter__(self) -> "InlinePool":
        return self

    def __exit__(self, *_: object) -> None:
        self.model_thread.shutdown(cancel_futures=True)  # a video's thread ends where it next asks the model
        self.video_threads.shutdown(cancel_futures=True)
