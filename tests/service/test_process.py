"""A process that reads a video ends with what started it, and its failures are the video's."""

import asyncio
import os
import signal
import subprocess
import sys

import psutil
import pytest
from helpers.media import left_behind
from helpers.videos import grey_frames, write_video

from pipeline.service.errors import BUSY, MediaError
from pipeline.service.process import Child

STARTS_ONE = """
import asyncio, sys
from pipeline.service.process import Child

async def ask():
    child = await Child.asked(task="film", path=sys.argv[1], second=0.0)
    await child.answer()
    print(child._process.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(ask())
"""


def test_it_dies_with_the_one_that_started_it(tmp_path):
    path = write_video(tmp_path / "some.mkv", grey_frames(2), times=[0, 9000], codec="mpeg4")
    parent = subprocess.Popen([sys.executable, "-c", STARTS_ONE, path], stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(parent.stdout.readline()))
    assert child.is_running()
    parent.kill()
    parent.communicate()
    assert psutil.wait_procs([child], 10)[1] == []


def test_one_that_crashes_is_an_error_of_the_video(tmp_path):
    path, before = write_video(tmp_path / "some.mkv", grey_frames(2)), left_behind()

    async def ask() -> None:
        child = await Child.asked(task="poster", path=str(path), second=0.0, width=160)
        try:
            os.kill(child._process.pid, signal.SIGSEGV)
            await child.answer()
        finally:
            child.close()

    with pytest.raises(MediaError, match="fail"):
        asyncio.run(ask())
    assert left_behind() == before


def test_a_machine_that_starts_no_more_is_busy(monkeypatch):
    def refused(*_, **__):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    before = left_behind()
    monkeypatch.setattr(subprocess, "Popen", refused)
    with pytest.raises(MediaError) as raised:
        asyncio.run(Child.asked(task="poster", path="some.mp4", second=0.0, width=160))
    assert raised.value.status == BUSY and left_behind() == before
