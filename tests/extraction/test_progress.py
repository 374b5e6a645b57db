"""An extraction says what it will take, what failed so far, and whether that is too much."""

from pathlib import Path

import pytest
from helpers.numbered import numbered_frames
from helpers.streams import NumberStream, corpus
from helpers.videos import write_video

from pipeline.core.errors import PipelineError
from pipeline.extraction import estimate, progress
from pipeline.extraction.extract import Outcome, Seconds
from pipeline.extraction.run import run
from pipeline.feature_io.store import Store


@pytest.fixture(autouse=True)
def _own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("AMDNET_DECODERS", "1")


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("films")
    return [write_video(folder / f"film{k}.mp4", numbered_frames(12 + k), 12) for k in range(5)]


@pytest.fixture
def bad(tmp_path) -> list[Path]:
    paths = [tmp_path / f"bad{k:02}.mp4" for k in range(12)]
    for path in paths:
        path.write_bytes(b"")
    return paths


def test_what_is_reused_and_to_be_done_is_said_before(films, tmp_path, capsys):
    run(NumberStream(), corpus(films[:2]), tmp_path, 0.0)
    capsys.readouterr()
    run(NumberStream(), corpus(films), tmp_path, 0.0)
    assert "numbers: 3 videos (0 min 06 s) to extract, 2 are reused" in capsys.readouterr().err
    run(NumberStream(), corpus(films), tmp_path, 0.0)
    assert "to extract" not in capsys.readouterr().err


def test_the_first_videos_tell_time_and_disk(films, tmp_path, monkeypatch, capsys):
    run(NumberStream(), corpus(films), tmp_path, 0.0)
    assert "by the first" not in capsys.readouterr().err  # it is a matter of seconds
    monkeypatch.setattr(estimate, "WORTH_SAYING", 0.0)
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "another"))
    run(NumberStream(), corpus(films), tmp_path, 0.0)
    told = capsys.readouterr().err
    assert told.count("numbers: by the first 3 videos the other 2 take at most about 0 min") == 1
    assert f"in {tmp_path / 'another' / 'numbers'}, those of all" in told and "are free" in told
    assert "NOT ENOUGH ROOM" not in told
    monkeypatch.setattr(estimate, "_free", lambda _: 100)
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "third"))
    run(NumberStream(), corpus(films), tmp_path, 0.0)
    assert "THERE IS NOT ENOUGH ROOM: 100 bytes are free" in capsys.readouterr().err


def test_what_is_left_is_told_without_the_building_of_the_network(films, tmp_path, monkeypatch):
    now, asked, videos = 0.0, [], corpus(films)
    monkeypatch.setattr("time.perf_counter", lambda: now)
    monkeypatch.setattr(progress, "estimate", lambda *given: asked.append(given[3]))
    store = Store(tmp_path, "numbers")
    with progress.ExtractionProgress(NumberStream(), store, videos, videos, 0.0) as counted:
        now = 60.0
        for video in videos[:4]:
            now += 2.0
            attributes = {"clips": 3, "duration": video.duration}
            counted.add(Outcome(video.video_id, attributes, decoded=True, seconds=Seconds(decode=1.5, forward=0.5)))
        shares = videos[4].duration / sum(video.duration for video in videos[:4])
        assert asked == [6.0] and counted.seconds_left() == pytest.approx(8.0 * shares)


def test_the_estimate_does_not_take_the_start_of_several_workers_for_work(films, tmp_path, monkeypatch):
    """Each builds its network within its first video: here two do, and the third video is the first worker's second."""
    now, asked, videos = 0.0, [], corpus(films)
    monkeypatch.setattr("time.perf_counter", lambda: now)
    monkeypatch.setattr(progress, "estimate", lambda *given: asked.append(given[3]))
    with progress.ExtractionProgress(NumberStream(), Store(tmp_path, "numbers"), videos, videos, 0.0) as counted:
        for video, ended, forward in ((videos[0], 8.0, 7.0), (videos[1], 8.1, 7.0), (videos[2], 8.5, 0.4)):
            now = ended
            attributes = {"clips": 3, "duration": video.duration}
            counted.add(Outcome(video.video_id, attributes, decoded=True, seconds=Seconds(decode=0.1, forward=forward)))
    played = sum(video.duration for video in videos[:3])
    assert asked == [pytest.approx(0.5 * played / videos[2].duration)]


def test_failures_are_counted_as_they_fail_and_named_by_cause_once(films, bad, tmp_path, capsys):
    run(NumberStream(), corpus([*films, *bad]), tmp_path, 1.0)
    told = capsys.readouterr().err
    assert [f"{count} of 17 videos failed so far" in told for count in range(1, 13)] == [
        count in (1, 2, 3, 4, 8) for count in range(1, 13)
    ]
    assert told.count("not a readable video") == 1
    assert "  12 x not a readable video" in told and "bad00, bad01, bad02, bad03, bad04 and 7 more" in told
    assert "fail at its end" not in told


def test_that_it_will_fail_is_said_at_the_first_failure_too_many(films, bad, tmp_path, capsys):
    with pytest.raises(PipelineError) as caught:
        run(NumberStream(), corpus([*films, *bad[:3]]), tmp_path, 0.25)
    told = capsys.readouterr().err
    after = told.partition("3 of 8 videos failed so far")[2]
    assert after.count("more than `max_failed_fraction: 0.25` accepts, so that the stage will fail at its end") == 1
    assert told.count("fail at its end") == 1 and "not a readable" not in told
    assert "3 of 8 videos failed" in str(caught.value) and "3 x not a readable video" in str(caught.value)
    assert "set max_failed_fraction to 0.375" in str(caught.value)


def test_what_is_accepted_may_be_raised_while_the_work_goes_on(films, bad, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = tmp_path / "params.yaml"
    settings.write_text("max_failed_fraction: 0.0\n")

    class Raised(NumberStream):
        def encode(self, units):
            settings.write_text("max_failed_fraction: 0.5\n")
            return super().encode(units)

    assert run(Raised(), corpus([*films[:3], bad[0]]), tmp_path)["failed"] == 1
    settings.write_text("max_failed_fraction: 0.0\n")
    with pytest.raises(PipelineError, match="1 of 4 videos failed"):
        run(NumberStream(), corpus([*films[:3], bad[0]]), tmp_path)
