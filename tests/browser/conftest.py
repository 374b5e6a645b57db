"""The page in Debian's chromium, served as `amdnet serve` does, over made-up videos that play."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.browsing import Visit, chromium
from helpers.searching import FakeSearch, fake_videos
from helpers.videos import write_video
from helpers.web import HOSTS, running

from pipeline.service.app import make_app
from pipeline.service.posters import Posters

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

SECONDS = {"lake": 30.0, "lake_2": 12.5, "kitchen": 61.28, "zoë": 8.04}
"""Length of the videos with a file of their own; those that mean harm share one."""


KEYS = {"g": "40", "keyint_min": "40", "sc_threshold": "0"}
"""A key frame every eight seconds, so that a stream hardly ever starts with one."""


@pytest.fixture(scope="session")
def search(tmp_path_factory: pytest.TempPathFactory) -> FakeSearch:
    """The made-up videos as files: mp4, one mkv, and one avi of which there is no file."""
    folder = tmp_path_factory.mktemp("videos")
    videos = fake_videos(folder)
    for video in videos:
        if video.video_id in SECONDS and video.path:
            write_video(video.path, _frames(int(SECONDS[video.video_id] * 5)), fps=5, options=KEYS)
    shared = write_video(folder / "shared.mp4", _frames(150), fps=5, options=KEYS)
    for video in videos:
        if video.video_id not in (*SECONDS, "long") and video.path and len(video.name) < 200:
            video.path.parent.mkdir(exist_ok=True)
            os.link(shared, os.fsencode(video.path))
    return FakeSearch(videos)


def _frames(count: int) -> Iterator[np.ndarray]:
    """Pictures of 192 x 128 with a bar over noise that moves to the right and starts again every 24 frames."""
    noise = np.random.default_rng(0).integers(0, 120, (128, 192, 3), dtype=np.uint8)
    for number in range(count):
        picture = noise.copy()
        picture[:, 8 * (number % 24) : 8 * (number % 24) + 16] = (230, 180, 40)
        yield picture


@pytest.fixture(scope="session")
def address(search: FakeSearch) -> Iterator[str]:
    """Where the page is served."""
    with running(make_app(search, Posters(), HOSTS)) as port:
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Visit]]:
    """Opens tabs, each of a visitor of its own; visit(width=1300, **options of a context)."""
    contexts, visits = [], []

    def start(width: int = 1300, height: int = 850, **options: Any) -> Visit:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        visits.append(Visit(contexts[-1], address))
        return visits[-1]

    yield start
    for context in contexts:
        context.close()
    assert [wrong for visited in visits for wrong in visited.wrong] == []


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, which checks accessibility."""
    path = os.environ.get("AMDNET_AXE", "")
    if not path:
        pytest.skip("AMDNET_AXE does not name axe.min.js of the npm package axe-core")
    return Path(path).read_text(encoding="utf-8")
