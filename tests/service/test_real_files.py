"""Files that people have give a poster and are played."""

import os
from pathlib import Path

import av
import pytest
from helpers.media import indexed, poster, streamed

from pipeline.annotations.common.videos import is_video
from pipeline.service.playing import how_each

FOLDER = os.environ.get("AMDNET_REAL_DATA")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER, reason="AMDNET_REAL_DATA does not name the folder of the real videos"),
]
FILES = sorted(filter(is_video, Path(FOLDER, "videos_formats").iterdir())) if FOLDER else []

SECOND_IS_BEST = "nasa_13013.mp4"
"""A file with two pictures, of which browsers show the first and FFmpeg holds the second for the better one."""


def test_all_are_played():
    played = dict(zip(FILES, how_each([indexed(path) for path in FILES]), strict=True))
    streamed_names = {path.name for path, how in played.items() if how == "stream"}
    assert streamed_names == {path.name for path in FILES if path.suffix == ".mkv"} | {SECOND_IS_BEST}
    assert FILES and "none" not in played.values()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_gives_a_poster_and_can_be_streamed(path):
    with av.open(str(path)) as container:
        second = 0.8 * container.duration / av.time_base
        width = container.streams.best("video").width
    assert poster(path, second, 160).shape[1] == min(width, 160)
    found = streamed(path, second)
    seconds = [due for due, _ in found.pictures()]
    assert found.complete and seconds[0] <= second + 0.1 < second / 0.8 < seconds[-1] + 0.5
