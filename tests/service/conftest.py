"""The service over made-up videos: in a thread, behind the real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.searching import FakeSearch
from helpers.web import HOSTS, FakePosters, folder_of_videos, running

from pipeline.service import app, ranges


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeSearch]:
    """A search over files of which the names say whether a browser can play them."""
    ways = {".mp4": "file", ".mkv": "stream", ".avi": "stream"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ranges, "how", lambda video: ways[video.path.suffix])
        patched.setattr(app, "how_each", lambda videos: [ways.get(Path(video.name).suffix, "none") for video in videos])
        yield folder_of_videos(tmp_path_factory.mktemp("index"))


@pytest.fixture(scope="module")
def port(search: FakeSearch) -> Iterator[int]:
    """The service, open to everybody; the value is its port on 127.0.0.1."""
    with running(app.make_app(search, FakePosters(), HOSTS)) as number:
        yield number
