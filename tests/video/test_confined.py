"""What a process that reads videos cannot do: connect, write much, open many files, or a second one beside a video."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.numbered import numbered_frames
from helpers.videos import write_video

from pipeline.video.confined import one_more_file

ROOT = Path(__file__).resolve().parents[2]
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")

FOLLOWS = """
import sys
from contextlib import nullcontext
import decord
from pipeline.video.confined import one_more_file
with one_more_file() if sys.argv[1] == "confined" else nullcontext():
    print(len(decord.VideoReader("list.mp4")))
open("list.mp4").close()
"""


def confined(folder: Path, written: int, code: str) -> str:
    """What a module of this code prints where it runs confined."""
    (folder / "tried.py").write_text(code)
    return subprocess.run(
        [sys.executable, "-m", "pipeline.video.confined", str(os.getpid()), str(written), "tried"],
        capture_output=True, text=True, check=True, timeout=60, cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])},
    ).stdout  # fmt: skip


def may_leave_the_network() -> bool:
    options = [] if os.geteuid() == 0 else ["-U"]
    try:
        return subprocess.run(["unshare", "-n", *options, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not may_leave_the_network(), reason="this user may not make namespaces")
def test_there_is_no_network(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"""
import socket
try:
    socket.create_connection(("127.0.0.1", {server.getsockname()[1]}), 5)
    print("connected")
except OSError as error:
    print(error.errno)
"""
        assert int(confined(tmp_path, 0, code)) == errno.ENETUNREACH


def test_files_are_small_and_few(tmp_path):
    code = """
import os, resource
with open("written", "wb", buffering=0) as file:
    print(file.write(bytes(1000)), end=" ")
    try:
        file.write(bytes(1))
    except OSError as error:
        print(error.errno, end=" ")
few = []
try:
    while True:
        few.append(os.open("written", os.O_RDONLY))
except OSError as error:
    print(error.errno, len(few) < 64, resource.getrlimit(resource.RLIMIT_CORE))
"""
    assert confined(tmp_path, 1000, code) == f"1000 {errno.EFBIG} {errno.EMFILE} True (0, 0)\n"


@linux
@pytest.mark.parametrize(("how", "frames"), [("free", "12\n"), ("confined", "")])
def test_a_decoder_that_takes_a_list_for_a_video_gets_nothing_from_it(tmp_path, how, frames):
    write_video(tmp_path / "other.ts", numbered_frames(12))
    (tmp_path / "list.mp4").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3.0,\nother.ts\n#EXT-X-ENDLIST\n")
    result = subprocess.run(
        [sys.executable, "-c", FOLLOWS, how], capture_output=True, text=True, cwd=tmp_path, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert result.stdout == frames and ("Error when loading first segment" in result.stderr) == (how == "confined")


def test_the_limit_goes_as_it_came(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with one_more_file():
        with open(file), pytest.raises(OSError, match="Too many open files"), open(file):
            pass
        with open(file):
            pass
    with open(file), open(file):
        pass
