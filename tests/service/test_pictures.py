"""The pictures of a page are of the moments that were found, and what cannot be read leaves the others."""

import io

import av
import pytest
from helpers.videos import grey_frames, write_video

from pipeline.search.results import Hit, IndexedVideo, Moment
from pipeline.service.pictures import playable, posters


@pytest.fixture(scope="module")
def videos(tmp_path_factory) -> dict[str, IndexedVideo]:
    """Videos of two seconds that grow brighter, in a file that a browser plays and one that it does not, and others."""
    folder = tmp_path_factory.mktemp("videos")
    paths = {name: write_video(folder / name, grey_frames(20)) for name in ("a.mp4", "b.avi")}
    (folder / "broken.mp4").write_bytes(b"no video")
    paths |= {"broken.mp4": folder / "broken.mp4", "missing.mp4": folder / "missing.mp4"}
    return {name: IndexedVideo(name, name, path, 2.0) for name, path in paths.items()} | {
        "no file": IndexedVideo("no file", "no file", None, 2.0)
    }


def hit(video: IndexedVideo, start: float) -> Hit:
    return Hit(1, video, 1.0, 1.0, (Moment(start, start + 0.5, 1.0),), ())


def brightness(jpeg: bytes) -> float:
    with av.open(io.BytesIO(jpeg), format="mjpeg") as container:
        return float(next(container.decode(video=0)).to_ndarray(format="gray").mean())


@pytest.mark.parametrize("name", ["a.mp4", "b.avi"])
@pytest.mark.parametrize("start", [0.0, 1.0, 1.5])
def test_a_poster_is_the_picture_where_the_answer_starts(videos, name, start):
    taken = posters([hit(videos[name], start)])
    assert list(taken) == [name]
    assert brightness(taken[name]) == pytest.approx(grey_frames(20)[round(10 * start)].mean(), abs=4)


def test_what_has_no_picture_leaves_the_others_theirs(videos):
    assert set(posters([hit(video, 0.5) for video in videos.values()])) == {"a.mp4", "b.avi"}


def test_only_what_a_browser_plays_is_playable(videos):
    assert playable(list(videos.values())) == {"a.mp4"}


def test_of_no_hits_nothing_is_taken():
    assert posters([]) == {} and playable([]) == frozenset()
