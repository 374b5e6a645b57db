"""A first look at a folder: every file is named once, nothing is waited for, and nothing is read through."""

import os

import pytest
from helpers.videos import grey_frames, write_video

from pipeline.core import content_hash
from pipeline.scan.glance import Glance, glance_at
from pipeline.video.params import DecodeParams

LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)


def test_each_file_is_what_it_is_or_has_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(content_hash, "sha256_file", lambda path: pytest.fail(f"{path} is read through"))
    videos = tmp_path / "videos"
    path = write_video(videos / "good.mp4", grey_frames(20), fps=10)
    os.mkfifo(videos / "pipe.mp4")
    os.mkfifo(videos / "pipe.srt")
    (videos / "zero.mp4").symlink_to("/dev/zero")
    (videos / "gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    (videos / "loop.mp4").symlink_to(videos / "loop.mp4")
    (videos / "again").symlink_to(tmp_path)
    (videos / "empty.mp4").touch()
    (videos / "list.mp4").write_text("#EXTM3U\n/etc/passwd\n")
    (videos / os.fsdecode(b"caf\xe9.mp4")).write_bytes(path.read_bytes())
    (tmp_path / "notes.txt").touch()
    (tmp_path / "queries.jsonl").write_text("{}\n")
    found = {one.name: one for one in glance_at(tmp_path, "folder", LIMITS)}
    assert len(found) == 11
    assert found.pop("videos/good.mp4") == Glance(
        "videos/good.mp4", "video", path.stat().st_size, "mov,mp4,m4a,3gp,3g2,mj2", "h264", 2.0
    )
    assert found.pop("notes.txt") == Glance("notes.txt", "other")
    assert found.pop("queries.jsonl") == Glance("queries.jsonl", "annotation", 3)
    assert {name.removeprefix("videos/"): one.problem for name, one in found.items()} == {
        "pipe.mp4": "not a regular file",
        "pipe.srt": "not a regular file",
        "zero.mp4": "not a regular file",
        "gone.mp4": "cannot be read: No such file or directory",
        "loop.mp4": "cannot be read: Too many levels of symbolic links",
        "empty.mp4": "the file is empty",
        "caf\\xe9.mp4": "its name, or that of a folder on its path, is not valid UTF-8",
        "list.mp4": "it begins like a playlist, a script or music (`#EXT`), not like a video; no file is opened for it",
    }
