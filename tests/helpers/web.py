"""The web service at work in a thread, and a client that sends it any bytes."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.searching import FakeSearch, fake_videos
from starlette.types import ASGIApp

from pipeline.search.results import IndexedVideo
from pipeline.service.errors import MISSING, MediaError
from pipeline.service.hosts import Hosts
from pipeline.service.server import PageServer, listen

HOSTS = Hosts(frozenset({"localhost", "127.0.0.1", "::1"}))
SECRET = "the secret of the house"
CONTENT = bytes(range(256)) * 512
"""Of the file of every video of `folder_of_videos`: 131,072 bytes."""


@dataclass(frozen=True)
class Answer:
    """An answer; headers: their names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class FakePosters:
    """Posters without a decoder: every video with a file looks the same."""

    async def get(self, video: IndexedVideo, seconds: float, width: int) -> bytes:
        if video.path is None or not video.path.is_file():
            raise MediaError("The file is not there.", MISSING)
        return b"\xff\xd8 a picture"


def folder_of_videos(folder: Path) -> FakeSearch:
    """A search over files in the folder, beside which lies one that nobody may see.

    The files are no videos; those whose names a file cannot have are not made.
    """
    search = FakeSearch(fake_videos(folder / "videos"))
    for video in search.videos:
        if video.path is not None and len(video.name) < 250 and "\0" not in video.name:
            video.path.parent.mkdir(parents=True, exist_ok=True)
            video.path.write_bytes(CONTENT)
    (folder / "secret.txt").write_text(SECRET)
    (folder / "videos" / "secret.mp4").write_text(SECRET)
    return search


@contextmanager
def running(app: ASGIApp) -> Iterator[int]:
    """The application behind the real server; the value is its port on 127.0.0.1."""
    listening = listen("127.0.0.1", 0)
    server = PageServer(app, listening)
    thread = threading.Thread(target=server.serve_until_told)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            thread.join(0.01)
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def ask(
    port: int, target: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Answer:
    """Send a request as http.client would, but with any target and headers, and read its whole answer."""
    lines = {"Host": f"127.0.0.1:{port}", "Connection": "close", **(headers or {})}
    if body:
        lines.setdefault("Content-Length", str(len(body)))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return exchange(port, f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("utf-8", "surrogateescape") + body)


def post(port: int, target: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """Send JSON, as the page does."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(port, target, "POST", {"Content-Type": "application/json", **(headers or {})}, sent)


def exchange(port: int, request: bytes) -> Answer:
    """Send the bytes, and read the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        return read_answer(connection, request.partition(b" ")[0].decode("latin-1"))


def read_answer(connection: socket.socket, method: str = "GET") -> Answer:
    """Read one answer. Raises http.client.HTTPException, or OSError, where none comes, or a part of one."""
    response = http.client.HTTPResponse(connection, method=method)
    with response:
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())
