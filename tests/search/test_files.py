"""Videos are named by what tells them apart, and found where they are now."""

from pathlib import Path

import pytest

from pipeline.search.files import VideoFiles


def test_names_are_below_the_folder_that_all_videos_are_in():
    files = VideoFiles(["a", "b", "c"], ["/data/my/a.mp4", "/data/my/trip/b.mkv", None], None)
    assert files.names == ["a.mp4", "trip/b.mkv", "c"]
    assert (files.path(1), files.path(2)) == (Path("/data/my/trip/b.mkv"), None)


@pytest.mark.parametrize("kept", ["a.mp4", "my/a.mp4", "data/my/a.mp4"])
def test_a_video_is_found_below_another_folder_by_any_end_of_its_path(tmp_path, kept):
    (tmp_path / kept).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / kept).touch()
    files = VideoFiles(["a", "b"], ["/data/my/a.mp4", "/data/my/b.mp4"], tmp_path)
    assert files.path(0) == tmp_path / kept
    assert files.path(1) == tmp_path / "b.mp4"  # where it is missing


def test_no_path_leads_out_of_the_other_folder(tmp_path):
    (tmp_path / "secret").touch()
    (tmp_path / "videos").mkdir()
    files = VideoFiles(["a"], ["../secret"], tmp_path / "videos")
    assert files.path(0) == tmp_path / "videos" / "secret"


def test_one_video_is_named_by_its_file():
    assert VideoFiles(["a"], ["videos/a.mp4"], None).names == ["a.mp4"]
