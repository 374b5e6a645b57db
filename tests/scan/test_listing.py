"""The list: what is read, by content; the same wherever it lies; what cannot be read is named and never waited for."""

import hashlib
import os
import shutil

import pytest

from pipeline.annotations.common.listed import ListedFile
from pipeline.annotations.common.videos import find_files
from pipeline.core import content_hash
from pipeline.core.errors import PipelineError
from pipeline.scan.listing import check_annotations, list_files, read_list, write_list
from pipeline.video.params import DecodeParams

LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)


@pytest.fixture
def source(tmp_path, two_seconds):
    """A folder that links to its videos, with all that can be wrong with a file."""
    elsewhere, source = tmp_path / "elsewhere", tmp_path / "source"
    for folder in (elsewhere, source / ".git"):
        folder.mkdir(parents=True)
    shutil.copyfile(two_seconds, elsewhere / "a.mp4")
    (elsewhere / "back").symlink_to(source)
    (elsewhere / "dangling.mp4").symlink_to(tmp_path / "gone.mp4")
    (elsewhere / "zero.mp4").symlink_to("/dev/zero")
    os.mkfifo(elsewhere / "pipe.mp4")
    os.mkfifo(elsewhere / "pipe.srt")
    (elsewhere / os.fsdecode(b"caf\xe9.mp4")).write_bytes(b"")
    (elsewhere / "empty.mp4").touch()
    (source / "videos").symlink_to(elsewhere)
    (source / "queries.jsonl").write_text("{}")
    (source / "notes.txt").write_text("mine")
    (source / ".hidden.mp4").touch()
    (source / ".git" / "b.mp4").touch()
    return source


def test_everything_is_in_the_list_once_and_nothing_is_waited_for(source, two_seconds, tmp_path):
    files = {file.path: file for file in list_files(source, "folder", LIMITS)}
    sha256 = hashlib.sha256(two_seconds.read_bytes()).hexdigest()
    assert files.pop("videos/a.mp4") == ListedFile(
        "videos/a.mp4", "video", two_seconds.stat().st_size, sha256, duration=2.0
    )
    assert files.pop("queries.jsonl") == ListedFile("queries.jsonl", "annotation", 2, hashlib.sha256(b"{}").hexdigest())
    assert files.pop("notes.txt") == ListedFile("notes.txt", "other")
    assert {path: file.problem for path, file in files.items()} == {
        "videos/dangling.mp4": "cannot be read: No such file or directory",
        "videos/zero.mp4": "not a regular file",
        "videos/pipe.mp4": "not a regular file",
        "videos/pipe.srt": "not a regular file",
        "videos/caf\\xe9.mp4": "its name, or that of a folder on its path, is not valid UTF-8",
        "videos/empty.mp4": "the file is empty",
    }


def test_where_it_lies_changes_no_byte(source, tmp_path):
    (tmp_path / "elsewhere" / "back").unlink()
    write_list(tmp_path / "one", list_files(source, "folder", LIMITS))
    source.rename(tmp_path / "moved")
    write_list(tmp_path / "two", list_files(tmp_path / "moved", "folder", LIMITS))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert read_list(tmp_path / "one") == list_files(tmp_path / "moved", "folder", LIMITS)


def test_a_change_behind_a_link_shows_and_an_unchanged_file_is_not_read(source, monkeypatch):
    video = source / "videos" / "a.mp4"
    os.utime(video, ns=(0, 10**9))
    os.utime(source / "queries.jsonl", ns=(0, 10**9))
    before = list_files(source, "folder", LIMITS)
    with monkeypatch.context() as patched:
        patched.setattr(content_hash, "sha256_file", lambda path: pytest.fail(f"{path} is read again"))
        (source / "videos" / "empty.mp4").unlink()
        assert list_files(source, "folder", LIMITS) == [file for file in before if file.path != "videos/empty.mp4"]
    video.write_bytes(video.read_bytes()[:-1])
    assert next(f for f in list_files(source, "folder", LIMITS) if f.path == "videos/a.mp4").sha256 not in (
        file.sha256 for file in before
    )


def test_a_pack_is_hashed_whole_and_nothing_of_it_is_decoded(tmp_path):
    (tmp_path / "tvr" / "FeatureData").mkdir(parents=True)
    (tmp_path / "tvr" / "FeatureData" / "clip.mp4").write_bytes(b"rows")
    (tmp_path / "tvr" / "readme").touch()
    assert list_files(tmp_path, "pack", LIMITS) == [
        ListedFile("tvr/FeatureData/clip.mp4", "pack", 4, hashlib.sha256(b"rows").hexdigest()),
        ListedFile("tvr/readme", "other"),
    ]


def test_annotations_that_cannot_be_read_are_an_error(tmp_path):
    os.mkfifo(tmp_path / "queries.csv")
    with pytest.raises(PipelineError, match="queries.csv: not a regular file"):
        check_annotations(tmp_path, list_files(tmp_path, "folder", LIMITS))


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path, monkeypatch):
    def refused(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(PipelineError, match="cannot be listed: Permission denied"):
        find_files(tmp_path)
