"""A web server on 127.0.0.1 that answers as a hub of models does: large files through a redirect, hashes as headers."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from helpers.server import FileServer, answering
from huggingface_hub import constants

LARGE = ".safetensors"


class HubServer:
    """Serves `files` of one repository at one commit. spoilt: names of files that are sent with a bit turned.

    cuts: after how many bytes each answer with a large file breaks off; requests: method and path of each request;
    ranges: the Range header of each request for a large file.
    """

    def __init__(self, files: Mapping[str, Path], spoilt: tuple[str, ...] = ()):
        self.files, self.spoilt = files, spoilt
        self.cuts: list[int] = []
        self.requests: list[str] = []
        self.ranges: list[str | None] = []
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests.append(f"{handler.command} {handler.path}")
        *_, revision, name = handler.path.split("?")[0].split("/")
        if name not in self.files:
            handler.send_response(404)
            handler.send_header("X-Error-Code", "EntryNotFound")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        content = self.files[name].read_bytes()
        etag = hashlib.sha256(content) if name.endswith(LARGE) else hashlib.sha1(b"blob %d\0" % len(content) + content)
        if name in self.spoilt:
            content = content[:-1] + bytes([content[-1] ^ 1])
        if revision == "stored":
            file = FileServer(content, cuts=tuple(self.cuts[:1]))
            del self.cuts[:1]
            file.answer(handler)
            self.ranges += file.requests
            return
        moved = name.endswith(LARGE)
        handler.send_response(302 if moved else 200)
        handler.send_header("X-Repo-Commit", revision)
        handler.send_header("X-Linked-Size" if moved else "X-Size", str(len(content)))
        handler.send_header("X-Linked-ETag" if moved else "ETag", f'"{etag.hexdigest()}"')
        if moved:
            elsewhere = self.url.replace("127.0.0.1", "localhost")  # the client asks for headers on one host only
            handler.send_header("Location", f"{elsewhere}/stored/{name}")
        handler.send_header("Content-Length", "0" if moved else str(len(content)))
        handler.end_headers()
        if handler.command == "GET" and not moved:
            handler.wfile.write(content)


@contextmanager
def serving_hub(server: HubServer) -> Iterator[HubServer]:
    """The server at work in a thread."""
    with answering(server.answer) as server.url:
        yield server


def let_all_ask(server: HubServer, nothing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the hub's client ask this server, without the cache of earlier runs. nothing: a folder that is not there."""
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.url + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(nothing))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
