"""What extraction takes: counted from lengths and from an earlier run, and from nothing else."""

import json

from pipeline.settings.forecast import Forecast, forecasts, free_bytes, told_forecasts


def test_clips_and_bytes_follow_from_the_lengths(tmp_path):
    resnet, slowfast = forecasts([3.0, 1.0], 1.5, tmp_path)
    assert slowfast == Forecast("slowfast", 3, 3 * 2304 * 2, None)
    assert resnet == Forecast("resnet", 3, 3 * 2048 * 2, None)


def test_seconds_are_those_of_an_earlier_run(tmp_path):
    (tmp_path / "slowfast.json").write_text(json.dumps({"clips_per_second": 2.0}))
    (tmp_path / "resnet.json").write_text(json.dumps({"clips_per_second": 0}))
    assert [one.seconds for one in forecasts([3.0], 1.5, tmp_path)] == [None, 1.0]


def test_room_is_asked_of_the_disk_of_a_store_that_is_not_there_yet(tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "not" / "there"))
    assert free_bytes() > 0


def test_too_little_room_is_said():
    forecasts = [Forecast("slowfast", 10, 1 << 20, None), Forecast("resnet", 10, 1 << 20, 90.0)]
    assert list(told_forecasts(forecasts, free=6 << 20)) == [
        "  slowfast     10 clips, 3 x 1 MiB on the disk; the first run will tell how long it takes",
        "  resnet       10 clips, 3 x 1 MiB on the disk; about 1 min 30 s",
    ]
    assert list(told_forecasts(forecasts, (6 << 20) - 1))[2] == "  There is not enough room: 6 MiB are free."
