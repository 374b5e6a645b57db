"""A stream lasts as long as its client reads, and leaves neither a process nor a descriptor behind."""

import asyncio
import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
import uvicorn
from helpers.media import indexed, left_behind, streamed
from helpers.videos import grey_frames, write_sound, write_video
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.service import stream
from pipeline.service.stream import stream_response


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    """A minute of H.264 in a mkv, of more bytes than a socket and a pipe take."""
    path = tmp_path_factory.mktemp("large") / "large.mkv"
    noise = np.random.default_rng(0).integers(0, 256, (25, 360, 640, 3), dtype=np.uint8)
    short = write_video(path.with_name("short.mkv"), noise, 25, options={"preset": "ultrafast", "tune": "zerolatency"})
    with av.open(str(short)) as source, av.open(str(path), "w") as copy:
        track = copy.add_stream_from_template(source.streams.video[0])
        packets = [(bytes(packet), packet.is_keyframe) for packet in source.demux(video=0) if packet.size]
        for number in range(60 * 25):
            data, key = packets[number % 25]
            packet = av.Packet(data)
            packet.pts = packet.dts = number
            packet.time_base, packet.is_keyframe, packet.stream = Fraction(1, 25), key, track
            copy.mux(packet)
    assert path.stat().st_size > 40 << 20
    return path


@contextmanager
def serving(path: Path) -> Iterator[int]:
    """A server of streams of the file at the port."""

    async def answer(request: Request) -> Response:
        return stream_response(indexed(path, 60.0), float(request.query_params["start"]))

    app = Starlette(routes=[Route("/stream", answer)])
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        assert comes_true(lambda: server.started)  # its event loop holds descriptors
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def reading(port: int, start: float = 0.0) -> Iterator[socket.socket]:
    """A client that has asked for a stream and read its beginning."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(f"GET /stream?start={start} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 200")
        yield client


def children() -> list[psutil.Process]:
    """The processes that stream; what other tests have left waiting is none."""
    return [child for child in psutil.Process().children() if _streams(child)]


def _streams(child: psutil.Process) -> bool:
    try:
        return "pipeline.service.child" in child.cmdline()
    except psutil.Error:
        return False


def comes_true(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether the condition holds within some seconds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_a_client_that_goes_away_ends_its_stream(large):
    with serving(large) as port:
        before = left_behind()
        with reading(port):
            assert len(children()) == 1
        assert comes_true(lambda: left_behind() == before)


def test_a_client_that_does_not_read_ends_its_stream_and_others_go_on(large, monkeypatch):
    monkeypatch.setattr(stream, "STALLED", 1.0)
    with serving(large) as port, reading(port), reading(port) as other:
        assert comes_true(lambda: len(other.recv(1 << 20)) and len(children()) == 1)
        assert other.recv(1 << 20)


def test_a_child_is_never_more_than_a_pipe_ahead_of_its_client(large):
    written, sent = [], 0

    async def ask() -> None:
        blocked = asyncio.Event()

        async def receive():
            await blocked.wait()
            await asyncio.sleep(1.0)
            [child] = children()
            written.append(child.io_counters().write_chars)
            return {"type": "http.disconnect"}

        async def send(message):
            nonlocal sent
            sent += len(message.get("body", b""))
            if sent > 1 << 20:
                blocked.set()
                await asyncio.sleep(600)

        await stream_response(indexed(large), 0.0)({"type": "http", "method": "GET"}, receive, send)

    asyncio.run(ask())
    assert sent < written[0] < sent + (512 << 10) and not children()


def test_a_stream_whose_process_dies_does_not_end_as_if_it_were_whole(large):
    with serving(large) as port, reading(port) as client:
        [child] = children()
        os.kill(child.pid, signal.SIGKILL)
        client.settimeout(10)
        rest = b""
        while piece := client.recv(1 << 20):
            rest = rest[-16:] + piece
        assert not rest.endswith(b"0\r\n\r\n")


def test_so_many_streams_at_a_time_and_no_more(large, monkeypatch):
    monkeypatch.setattr(stream, "MOST", 2)
    with serving(large) as port:
        with reading(port), reading(port, 20.0):
            refused = http.client.HTTPConnection("127.0.0.1", port)
            refused.request("GET", "/stream?start=0")
            answer = refused.getresponse()
            assert answer.status == 503 and "try again" in json.load(answer)["error"]
            refused.close()
        assert comes_true(lambda: not children())
        with reading(port, 10.0):
            pass
        assert comes_true(lambda: not children())


def test_of_the_head_alone_nothing_is_left(large):
    before = left_behind()
    found = streamed(large, 10.5, "HEAD")
    assert (found.status, found.start, found.body, found.complete) == (200, 10.5, b"", True)
    assert left_behind() == before


def test_a_stream_comes_no_faster_than_half_a_minute_ahead(large, monkeypatch):
    sent = 0

    async def ask() -> None:
        async def receive():
            await asyncio.sleep(3)
            return {"type": "http.disconnect"}

        async def send(message):
            nonlocal sent
            sent += len(message.get("body", b""))

        await stream_response(indexed(large), 0.0)({"type": "http", "method": "GET"}, receive, send)

    asyncio.run(ask())
    assert sent == pytest.approx(large.stat().st_size * 32 / 60, rel=0.1)


def test_what_cannot_be_streamed_says_why_and_not_where(tmp_path):
    text, sound = tmp_path / "secret.mp4", tmp_path / "secret_sound.mp4"
    text.write_text("no video " * 1000)
    write_sound(sound)
    for path, start, status in [
        (None, 0.0, 404), (tmp_path / "secret.mkv", 0.0, 404), (tmp_path, 0.0, 404),
        (text, 0.0, 422), (sound, 0.0, 422),
        (write_video(tmp_path / "some.mkv", grey_frames(3)), float("nan"), 422),
    ]:  # fmt: skip
        found = streamed(path, start)
        error = json.loads(found.body)["error"]
        assert found.status == status and error.endswith(".") and "secret" not in error and "/" not in error


def test_streams_leave_nothing_behind(tmp_path):
    path = write_video(tmp_path / "some.mkv", grey_frames(20))
    streamed(path, 0.0)
    before = left_behind()
    assert all(streamed(path, start).complete for start in np.linspace(0, 2, 10)) and left_behind() == before
