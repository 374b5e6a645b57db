"""Videos given to workers that may die, without any process: every video gets exactly one outcome."""

from collections import Counter

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.manifest import Video
from pipeline.extraction.extract import Outcome
from pipeline.extraction.pool import WorkerDied
from pipeline.extraction.scheduler import schedule


class FakeHandle:
    def __init__(self, pool: "FakePool", slot: int):
        self.pool, self.slot, self.video = pool, slot, None

    def submit(self, video: Video) -> None:
        assert self.video is None
        self.video = video
        self.pool.submitted.append((self, video.video_id))

    def result(self) -> Outcome | Exception | None:
        if self.video is None:
            if self.pool.stillborn > 0:
                self.pool.stillborn -= 1
                raise WorkerDied("exit status 7")
            return None
        video, self.video = self.video, None
        if self.pool.deaths[video.video_id] > 0:
            self.pool.deaths[video.video_id] -= 1
            raise WorkerDied("killed by SIGKILL")
        return self.pool.error or Outcome(video.video_id, {})


class FakePool:
    """deaths: how many workers a video takes; stillborn: how many workers die as they start."""

    def __init__(self, size: int, deaths: dict[str, int] | None = None, stillborn: int = 0, error=None):
        self.size, self.deaths, self.stillborn, self.error = size, Counter(deaths), stillborn, error
        self.started: list[int] = []
        self.submitted: list[tuple[FakeHandle, str]] = []
        self.waits: list[list[str]] = []

    def start(self, slot: int) -> FakeHandle:
        self.started.append(slot)
        return FakeHandle(self, slot)

    def wait(self, handles: list[FakeHandle]) -> list[FakeHandle]:
        assert handles
        self.waits.append([handle.video.sha256 for handle in handles if handle.video])
        return handles[-1:]


def videos(count: int, contents: int | None = None) -> list[Video]:
    return [Video(f"v{k}", f"v{k}.mp4", f"{k % (contents or count)}", 1.0, ("train",)) for k in range(count)]


@pytest.mark.parametrize("size", [1, 2, 3, 9])
def test_every_video_has_one_outcome(size):
    pool = FakePool(size)
    assert sorted(outcome.video_id for outcome in schedule(pool, videos(5), "numbers")) == [f"v{k}" for k in range(5)]
    assert sorted(pool.started) == list(range(min(size, 5)))


def test_a_video_that_takes_one_worker_is_tried_by_another():
    pool = FakePool(2, {"v1": 1})
    outcomes = {outcome.video_id: outcome for outcome in schedule(pool, videos(4), "numbers")}
    assert len(outcomes) == 4 and not any(outcome.failure for outcome in outcomes.values())
    first, second = (handle for handle, video_id in pool.submitted if video_id == "v1")
    since_second = pool.submitted[pool.submitted.index((second, "v1")) :]
    assert first not in [handle for handle, _ in since_second], "a dead worker gets no video"


def test_a_video_that_takes_two_workers_is_a_failure_and_the_rest_go_on():
    pool = FakePool(2, {"v1": 5})
    outcomes = {outcome.video_id: outcome for outcome in schedule(pool, videos(6), "numbers")}
    assert sorted(outcomes) == [f"v{k}" for k in range(6)]
    assert [video_id for video_id, outcome in outcomes.items() if outcome.failure] == ["v1"]
    failure = outcomes["v1"].failure
    assert failure.stream == "numbers" and "two workers died" in failure.cause and "SIGKILL" in failure.cause
    assert set(pool.started) == {0, 1}, "a dead worker's slot, and so its GPU, is used again"


def test_all_videos_may_fail_and_the_run_still_ends():
    outcomes = list(schedule(FakePool(3, {f"v{k}": 2 for k in range(7)}), videos(7), "numbers"))
    assert len(outcomes) == 7 and all(outcome.failure for outcome in outcomes)


def test_one_worker_that_dies_as_it_starts_is_replaced():
    assert len(list(schedule(FakePool(1, stillborn=1), videos(3), "numbers"))) == 3


def test_workers_that_all_die_as_they_start_are_an_error():
    with pytest.raises(PipelineError, match="die as they start.*exit status 7") as caught:
        list(schedule(FakePool(2, stillborn=99), videos(3), "numbers"))
    assert "AMDNET_EXECUTOR=inline" in caught.value.fix


def test_videos_of_one_content_are_never_worked_on_at_once():
    pool = FakePool(3)
    assert len(list(schedule(pool, videos(9, contents=2), "numbers"))) == 9
    assert all(len(contents) == len(set(contents)) for contents in pool.waits)
    assert max(map(len, pool.waits)) == 2


def test_what_a_worker_raised_is_raised():
    with pytest.raises(ValueError, match="broken"):
        list(schedule(FakePool(2, error=ValueError("broken")), videos(3), "numbers"))
