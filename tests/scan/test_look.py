"""One file: what is no file is never opened, what is known is not read again."""

import os
import socket
from pathlib import Path

import pytest
from helpers.videos import grey_frames, write_video

from pipeline.annotations.common.videos import regular_file
from pipeline.core.content_hash import Memo
from pipeline.core.ids import BadRecord
from pipeline.scan import look
from pipeline.scan.look import duration_of
from pipeline.video import probe as probing
from pipeline.video.params import DecodeParams
from pipeline.video.reader import DecoderStopped

LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)


@pytest.mark.parametrize("name", ["pipe", "zero", "dangling", "folder", "socket", "kernel"])
def test_what_is_no_file_is_named_at_once(tmp_path, name):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    (tmp_path / "folder").mkdir()
    (tmp_path / "kernel").symlink_to("/proc/kcore" if os.path.exists("/proc/kcore") else "/dev/null")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(os.path.relpath(tmp_path / "socket"))
    with pytest.raises(BadRecord, match="cannot be read: No such file" if name == "dangling" else "not a regular file"):
        regular_file(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [("v.mp4", "libx264", {}), ("v.mkv", "libx264", {}), ("v.ts", "libx264", {}), ("v.avi", "mpeg4", {}),
     ("streamed.webm", "libvpx", {"live": "1"})],
)  # fmt: skip
def test_duration_in_every_container(tmp_path, name, codec, options):
    path = write_video(tmp_path / name, grey_frames(20), fps=10, codec=codec, container_options=options)
    with Memo() as memo:
        assert duration_of(path, "", LIMITS, memo) == pytest.approx(2.0, abs=0.11)


def test_the_same_bytes_are_looked_into_once_and_by_other_code_again(two_seconds, monkeypatch):
    with Memo() as memo:
        assert duration_of(two_seconds, "one", LIMITS, memo) == 2.0
    monkeypatch.setattr(probing, "probe", lambda *_: pytest.fail("looked into again"))
    with Memo() as memo:
        assert duration_of(Path("elsewhere.mp4"), "one", LIMITS, memo) == 2.0
        for sha256, code in (("two", look._code_of_probe()), ("one", "other code")):
            monkeypatch.setattr(look, "_code_of_probe", lambda code=code: code)
            with pytest.raises(pytest.fail.Exception, match="again"):
                duration_of(two_seconds, sha256, LIMITS, memo)


def test_a_cause_is_kept_but_for_what_another_time_may_go_well(tmp_path, two_seconds, monkeypatch):
    (tmp_path / "text.mp4").write_text("not a video")
    with Memo() as memo:
        with pytest.raises(BadRecord, match="not a readable video"):
            duration_of(tmp_path / "text.mp4", "text", LIMITS, memo)
        monkeypatch.setattr(probing, "probe", lambda *_: pytest.fail("looked into again"))
        with pytest.raises(BadRecord, match="not a readable video"):
            duration_of(tmp_path / "text.mp4", "text", LIMITS, memo)

        def stopped(*_):
            raise DecoderStopped("not done within 1 s")

        monkeypatch.setattr(probing, "probe", stopped)
        with pytest.raises(BadRecord, match="not done within 1 s"):
            duration_of(two_seconds, "slow", LIMITS, memo)
        monkeypatch.undo()
        assert duration_of(two_seconds, "slow", LIMITS, memo) == 2.0
