"""Who extracts the videos: this process, worker processes, or Ray actors. No byte of the result depends on it.

Every executor calls the same `extract` and puts the features into the same store; the caller gets outcomes, in any
order. Test: tests/extraction/test_executor.py.
"""

from collections.abc import Iterator

from pipeline.core import runtime
from pipeline.core.manifest import Video
from pipeline.extraction import processes, ray_actors, threads
from pipeline.extraction.crew import dispatch
from pipeline.extraction.extract import Outcome
from pipeline.extraction.stream import Stream
from pipeline.feature_io.store import Store


def outcomes(videos: list[Video], stream: Stream, store: Store) -> Iterator[Outcome]:
    """Extract the videos with the executor that AMDNET_EXECUTOR names; a generator, whose closing ends all workers.

    Raises PipelineError for another executor's name, for workers that cannot start, and what `extract` raises.
    """
    crew_of = {"serial": threads.ThreadCrew, "process": processes.ProcessCrew, "ray": ray_actors.RayCrew}
    choice = crew_of[runtime.executor()]
    if videos:
        with choice(stream, store) as crew:
            yield from dispatch(crew, videos, stream.name)
