"""A video's clock and kind, asked of a process that can be killed."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers.numbered import numbered_frames
from helpers.videos import write_video

from pipeline.video import decode
from pipeline.video.params import DecodeParams
from pipeline.video.probe import Probe, probe
from pipeline.video.reader import VideoError

LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)


@pytest.fixture
def video(tmp_path):
    return write_video(tmp_path / "video.mp4", numbered_frames(12), 12)


def test_it_says_what_the_packets_say(video):
    found = probe(video, LIMITS)
    assert found == Probe(1.0, 0.0, 12, "mov,mp4,m4a,3gp,3g2,mj2", "h264", 32, 32)


@pytest.mark.parametrize(("content", "cause"), [(b"", "not a readable video"), (None, "No such file")])
def test_what_is_no_video_is_named(tmp_path, content, cause):
    path = tmp_path / "bad.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(VideoError, match=cause) as caught:
        probe(path, LIMITS)
    assert caught.value.where == path


HOOK = """
import os, runpy, time
from pipeline.video import survey as module
surveyed = module.survey
def survey(path):
    {does}
    return surveyed(path)
module.survey = survey
runpy.run_module("pipeline.video.child", run_name="__main__")
"""


@pytest.fixture
def survey_that(tmp_path, monkeypatch):
    """Let a new child do something else before it surveys."""

    def put(does: str) -> None:
        (tmp_path / "hooked_child.py").write_text(HOOK.format(does=does))
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr(decode, "child", SimpleNamespace(__name__="hooked_child"))
        monkeypatch.setattr(decode, "_idle", [])

    return put


def test_a_survey_that_hangs_is_stopped(survey_that, video):
    survey_that("time.sleep(100)")
    with pytest.raises(VideoError, match="not done within 2 s"):
        probe(video, LIMITS.model_copy(update={"deadline_floor": 2.0, "deadline_factor": 1.0}))


def once(does: str, marker: Path) -> str:
    return f"if not os.path.exists({str(marker)!r}): os.mkdir({str(marker)!r}); {does}"


def test_a_survey_that_crashes_is_named_and_the_next_one_is_right(survey_that, video, tmp_path):
    survey_that(once("os.kill(os.getpid(), 11)", tmp_path / "done"))
    with pytest.raises(VideoError, match=r"the decoder crashed \(signal 11, SIGSEGV\)"):
        probe(video, LIMITS)
    assert probe(video, LIMITS).frames == 12


def test_a_survey_that_is_killed_once_from_outside_is_asked_again(survey_that, video, tmp_path):
    survey_that(once("os.kill(os.getpid(), 9)", tmp_path / "done"))
    assert probe(video, LIMITS).frames == 12


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels hold no process to a bound")
def test_a_survey_that_takes_all_memory_is_an_error(survey_that, video):
    survey_that("bytearray(9 << 30)")
    with pytest.raises(VideoError, match="MemoryError"):
        probe(video, LIMITS)
