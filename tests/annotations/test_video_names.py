"""Names of videos that are no ids: which one video is meant, which of several might be, and which is most like it."""

from pathlib import Path

import pytest

from pipeline.annotations.common import video_names
from pipeline.annotations.common.corrections import LETTERS, PATHS
from pipeline.annotations.common.video_names import VideoNames
from pipeline.core.ids import BadRecord

FILES = {
    name: [Path("videos") / f"{name}.mp4"]
    for name in ("beach_day", "Birthday", "cam_12", "cam_13", "007", "a-b", "a_b")
}


@pytest.fixture
def names():
    return VideoNames({**FILES, "trip:dog": [Path("videos/trip/dog.mkv")]}, Path("videos"))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *[(name, ("beach_day", PATHS)) for name in ("beach_day.mp4", "beach_day.MOV", "videos/beach_day.mp4")],
        *[(name, ("trip:dog", PATHS)) for name in ("trip/dog", "trip\\dog.mkv", "./trip/dog", "dog", " dog.mkv ")],
        *[(name, ("beach_day", LETTERS)) for name in ("Beach_Day", "BEACH_DAY.MP4", "beach day", "Beach-Day")],
        *[(name, ("007", LETTERS)) for name in ("7", "07", "7.0")],
        *[(name, None) for name in ("../beach_day", "/beach_day", "beach_day\0", "beach", "", ".", "a" * 100_000)],
    ],
)  # fmt: skip
def test_which_video_is_meant(names, name, meant):
    assert names.meant(name) == meant


def test_a_name_that_fits_several_is_refused_with_all_of_them(names):
    with pytest.raises(BadRecord, match=r"'A B' may be any of 2 videos: 'a-b', 'a_b'"):
        names.meant("A B")


def test_the_exact_way_goes_before_a_looser_one():
    names = VideoNames({name: [Path(f"{name}.mp4")] for name in ("Clip", "clip", "a.b")}, Path())
    assert names.meant("clip.mp4") == ("clip", PATHS) and names.meant("a b") == ("a.b", LETTERS)
    with pytest.raises(BadRecord):
        names.meant("CLIP")


@pytest.mark.parametrize(
    ("name", "likely"),
    [
        *[("brithday", "Birthday"), ("beach_dya", "beach_day"), ("Beech-Day.mp4", "beach_day"), ("camm_12", "cam_12")],
        *[("a__bb", None), ("cam_14", None), ("cam_112", None), ("holiday", None), ("", None)],
    ],
)
def test_what_a_misspelt_name_most_likely_means(names, name, likely):
    assert names.misspelt(name) == likely


def test_two_ids_that_are_as_like_are_no_answer():
    names = VideoNames({name: [Path(f"{name}.mp4")] for name in ("red_ball", "bed_ball")}, Path())
    assert names.misspelt("fed_ball") is None and names.misspelt("red_bal") == "red_ball"


def test_of_very_many_names_not_all_are_compared(names, monkeypatch):
    monkeypatch.setattr(video_names, "MOST_COMPARED", 10)
    assert [names.misspelt(name) for name in ("brithday", "birhtday", "birthdya")] == ["Birthday", "Birthday", None]


def test_an_id_of_several_files_is_known_as_such():
    names = VideoNames({"a": [Path("x/a.mp4"), Path("y/a.mp4")], "b": [Path("b.mp4")]}, Path())
    assert names.is_shared("a") and not names.is_shared("b") and "a" in names and "c" not in names
