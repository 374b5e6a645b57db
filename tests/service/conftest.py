"""The service over made-up videos: in a thread, behind the real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.searching import FakeSearch
from helpers.web import HOSTS, FakePosters, folder_of_videos, running

from pipeline.service import app, static


@pytest.fixture(scope="module")
def patched() -> Iterator[pytest.MonkeyPatch]:
    """What is put in the place of something else for the tests of a module."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield monkeypatch


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, patched: pytest.MonkeyPatch) -> Path:
    """A page of two files."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "page.html").write_text("<!doctype html><script src=page.js></script>")
    (folder / "page.js").write_text("let one = 1;")
    (folder / "notes.txt").write_text("nobody's business")
    patched.setattr(static, "PAGE", folder)
    return folder


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory, patched: pytest.MonkeyPatch) -> FakeSearch:
    """A search over files of which the names say whether a browser can play them."""
    ways = {".mp4": "file", ".mkv": "stream", ".avi": "stream"}
    patched.setattr(app, "how", lambda video: ways[video.path.suffix] if video.path else "none")
    patched.setattr(app, "how_each", lambda videos: [app.how(video) for video in videos])
    return folder_of_videos(tmp_path_factory.mktemp("index"))


@pytest.fixture(scope="module")
def port(search: FakeSearch, page: Path) -> Iterator[int]:
    """The service, open to everybody; the value is its port on 127.0.0.1."""
    with running(app.make_app(search, FakePosters(), HOSTS)) as number:
        yield number
