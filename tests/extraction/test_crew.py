"""Videos handed to workers that may die, without any process: every video gets exactly one outcome."""

from collections import Counter

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.manifest import Video
from pipeline.extraction.crew import WorkerDied, dispatch
from pipeline.extraction.extract import Outcome


class Hand:
    def __init__(self, crew: "Crew", seat: int):
        self.crew, self.seat, self.video = crew, seat, None

    def send(self, video: Video) -> None:
        assert self.video is None
        self.video = video
        self.crew.sent.append((self, video.video_id))

    def answer(self) -> Outcome | Exception | None:
        if self.video is None:
            if self.crew.stillborn > 0:
                self.crew.stillborn -= 1
                raise WorkerDied("exit status 7")
            return None
        video, self.video = self.video, None
        if self.crew.deaths[video.video_id] > 0:
            self.crew.deaths[video.video_id] -= 1
            raise WorkerDied("killed by SIGKILL")
        return self.crew.error or Outcome(video.video_id, {})


class Crew:
    """deaths: how many workers a video takes; stillborn: how many workers die as they start."""

    def __init__(self, size: int, deaths: dict[str, int] | None = None, stillborn: int = 0, error=None):
        self.size, self.deaths, self.stillborn, self.error = size, Counter(deaths), stillborn, error
        self.started: list[int] = []
        self.sent: list[tuple[Hand, str]] = []
        self.waits: list[list[str]] = []

    def start(self, seat: int) -> Hand:
        self.started.append(seat)
        return Hand(self, seat)

    def wait(self, hands: list[Hand]) -> list[Hand]:
        assert hands
        self.waits.append([hand.video.sha256 for hand in hands if hand.video])
        return hands[-1:]


def videos(count: int, contents: int | None = None) -> list[Video]:
    return [Video(f"v{k}", f"v{k}.mp4", f"{k % (contents or count)}", 1.0, ("train",)) for k in range(count)]


@pytest.mark.parametrize("size", [1, 2, 3, 9])
def test_every_video_has_one_outcome(size):
    crew = Crew(size)
    assert sorted(outcome.video_id for outcome in dispatch(crew, videos(5), "numbers")) == [f"v{k}" for k in range(5)]
    assert sorted(crew.started) == list(range(min(size, 5)))


def test_a_video_that_takes_one_worker_is_tried_by_another():
    crew = Crew(2, {"v1": 1})
    outcomes = {outcome.video_id: outcome for outcome in dispatch(crew, videos(4), "numbers")}
    assert len(outcomes) == 4 and not any(outcome.failure for outcome in outcomes.values())
    first, second = (hand for hand, video_id in crew.sent if video_id == "v1")
    assert first is not second and not [
        video for hand, video in crew.sent[crew.sent.index((second, "v1")) :] if hand is first
    ]


def test_a_video_that_takes_two_workers_is_a_failure_and_the_rest_go_on():
    crew = Crew(2, {"v1": 5})
    outcomes = {outcome.video_id: outcome for outcome in dispatch(crew, videos(6), "numbers")}
    assert sorted(outcomes) == [f"v{k}" for k in range(6)]
    assert [video_id for video_id, outcome in outcomes.items() if outcome.failure] == ["v1"]
    failure = outcomes["v1"].failure
    assert failure.stream == "numbers" and "two workers died" in failure.cause and "SIGKILL" in failure.cause
    assert set(crew.started) == {0, 1}, "a dead worker's seat, and so its GPU, is given again"


def test_all_videos_may_fail_and_the_run_still_ends():
    outcomes = list(dispatch(Crew(3, {f"v{k}": 2 for k in range(7)}), videos(7), "numbers"))
    assert len(outcomes) == 7 and all(outcome.failure for outcome in outcomes)


def test_one_worker_that_dies_as_it_starts_is_replaced():
    assert len(list(dispatch(Crew(1, stillborn=1), videos(3), "numbers"))) == 3


def test_workers_that_all_die_as_they_start_are_an_error():
    with pytest.raises(PipelineError, match="die as they start.*exit status 7") as caught:
        list(dispatch(Crew(2, stillborn=99), videos(3), "numbers"))
    assert "AMDNET_EXECUTOR=serial" in caught.value.fix


def test_videos_of_one_content_are_never_worked_on_at_once():
    crew = Crew(3)
    assert len(list(dispatch(crew, videos(9, contents=2), "numbers"))) == 9
    assert all(len(contents) == len(set(contents)) for contents in crew.waits)
    assert max(map(len, crew.waits)) == 2


def test_what_a_worker_raised_is_raised():
    with pytest.raises(ValueError, match="broken"):
        list(dispatch(Crew(2, error=ValueError("broken")), videos(3), "numbers"))
