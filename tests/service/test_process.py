"""A process that reads a video ends with what started it, and its failures are the video's."""

import asyncio
import os
import signal
import struct
import subprocess
import sys
import zlib
from fractions import Fraction

import av
import psutil
import pytest
from helpers.media import left_behind, poster
from helpers.videos import grey_frames, write_video

from pipeline.service.errors import BUSY, MediaError
from pipeline.service.process import Child

STARTS_ONE = """
import asyncio, sys
from pipeline.service.process import Child

async def ask():
    child = await Child.asked(task="film", path=sys.argv[1], second=0.0)
    await child.answer()
    await child.piece()
    await asyncio.sleep(0.5)  # then it waits until more is due, and writes nothing that would tell it
    print(child._process.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(ask())
"""


def test_it_dies_with_the_one_that_started_it(tmp_path):
    path = write_video(tmp_path / "some.mkv", grey_frames(4), times=[0, 900, 1800, 2700], codec="mpeg4")
    parent = subprocess.Popen([sys.executable, "-c", STARTS_ONE, path], stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(parent.stdout.readline()))
    assert child.is_running()
    parent.kill()
    parent.communicate()
    assert psutil.wait_procs([child], 3)[1] == []


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


@pytest.mark.slow
def test_a_picture_that_needs_too_much_memory_is_refused(tmp_path):
    width = height = 13000
    packed = zlib.compressobj(1)
    rows = [packed.compress(bytes(1 + 8 * width)) for _ in range(height)]
    chunks = [
        (b"IHDR", struct.pack(">2I5B", width, height, 16, 6, 0, 0, 0)),
        (b"IDAT", b"".join(rows) + packed.flush()),
    ]
    png = b"\x89PNG\r\n\x1a\n"
    for name, data in [*chunks, (b"IEND", b"")]:
        png += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    path = tmp_path / "huge.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = width, height, "rgba64be"
        packet = av.Packet(png)
        packet.pts = packet.dts = 0
        packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1), True
        container.mux(packet)
    with pytest.raises(MediaError, match="memory"):
        poster(path, 0.0)
