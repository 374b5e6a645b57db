"""The decoding child: hangs and crashes are named errors, it serves many videos, and it never outlives its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from helpers.numbered import numbered_frames, numbers_of
from helpers.tiny import gone
from helpers.videos import write_video

from pipeline.video import decode
from pipeline.video.decode import open_video
from pipeline.video.params import DecodeParams
from pipeline.video.reader import DecoderKilled, TooLarge, VideoError

ROOT = Path(__file__).resolve().parents[2]
LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)
SOON = DecodeParams(order=["decord", "pyav"], deadline_floor=10.0, deadline_factor=0.1, max_ahead_mib=1024)

ITSELF = 150
"""MiB of a decoding process without the pictures that it holds."""

STUB = """
import os, sys, time, types
class DECORDError(Exception): pass
logging = types.SimpleNamespace(set_level=lambda level: None, ERROR=2)
def VideoReader(path, **options):
    open({pids!r}, "w").write(str(os.getpid()))
    {does}
"""
HANG, SEGFAULT = "while True: time.sleep(1)", "os.kill(os.getpid(), 11)"


@pytest.fixture
def stub(tmp_path, monkeypatch):
    """Put a decord in front of the real one that does something else; returns where its process id will stand."""

    def put(does: str) -> Path:
        (tmp_path / "stub").mkdir()
        (tmp_path / "stub" / "decord.py").write_text(STUB.format(pids=str(tmp_path / "pid"), does=does))
        monkeypatch.syspath_prepend(tmp_path / "stub")
        monkeypatch.setattr(decode, "_idle", [])  # only a new child imports the stub
        return tmp_path / "pid"

    return put


@pytest.fixture
def video(tmp_path) -> Path:
    return write_video(tmp_path / "video.mp4", numbered_frames(12))


def read(path: Path, decoder: str = "decord", limits: DecodeParams = LIMITS, seconds: float = 0.0) -> list[int]:
    with open_video(path, 32, decoder, limits, seconds) as reader:
        return numbers_of(reader.frames(range(len(reader.timeline.starts))))


def test_a_decoder_that_hangs_is_killed_and_the_next_one_goes_on(stub, video):
    pid = stub(HANG)
    with pytest.raises(VideoError, match="not done within 10 s") as caught:
        read(video, limits=SOON)
    assert "decode.deadline_floor or decode.deadline_factor" in caught.value.fix
    assert gone(int(pid.read_text()))
    assert read(video, "pyav") == list(range(12))


def test_a_long_video_has_longer_to_open(stub, video):
    stub("time.sleep(2); raise DECORDError('opened after all')")
    brief = DecodeParams(order=["decord", "pyav"], deadline_floor=1.0, deadline_factor=0.01, max_ahead_mib=1024)
    with pytest.raises(VideoError, match="not done within 1 s"):
        read(video, limits=brief)
    with pytest.raises(VideoError, match="opened after all"):
        read(video, limits=brief, seconds=3000.0)


def test_a_decoder_that_crashes_is_named_by_its_signal(stub, video):
    stub(SEGFAULT)
    with pytest.raises(VideoError, match=r"the decoder crashed \(signal 11, SIGSEGV\)") as caught:
        read(video)
    assert caught.value.where == video
    assert read(video, "pyav") == list(range(12))


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL])
def test_a_crash_is_the_decoders_own(stub, video, number):
    stub(f"os.kill(os.getpid(), {number})")
    with pytest.raises(VideoError, match="the decoder crashed") as caught:
        read(video)
    assert not isinstance(caught.value, DecoderKilled)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, 40])
def test_an_end_that_comes_from_outside_is_told_from_a_crash(stub, video, number):
    # Whoever runs the tests may have them ignore some signals, as `nohup` does.
    heard = "" if number == signal.SIGKILL else f"signal.signal({int(number)}, signal.SIG_DFL); "
    stub(f"import signal; {heard}os.kill(os.getpid(), {int(number)})")
    with pytest.raises(DecoderKilled, match=rf"the decoder was ended from outside \(signal {int(number)}"):
        read(video)


def test_ctrl_c_is_for_who_asks_and_not_for_the_decoder(stub, video):
    stub(f"os.kill(os.getpid(), {signal.SIGINT}); raise DECORDError('it goes on')")
    with pytest.raises(VideoError, match="it goes on"):
        read(video)


def test_what_was_ended_from_outside_is_asked_once_more(video, monkeypatch):
    asked = []

    def killed(times: int):
        asked.clear()

        def survey():
            asked.append(None)
            if len(asked) <= times:
                raise DecoderKilled("ended", where=video)
            return "found"

        return survey

    assert decode.once_more_if_killed(killed(1)) == "found" and len(asked) == 2
    with pytest.raises(DecoderKilled, match="ended, twice") as caught:
        decode.once_more_if_killed(killed(2))
    assert "run the same command again" in caught.value.fix and len(asked) == 2


def test_all_decoders_may_be_ended_at_once(video, monkeypatch):
    children = [decode._Child() for _ in range(3)]
    monkeypatch.setattr(decode, "_idle", [*children])
    monkeypatch.setattr(decode._Child, "alive", lambda self: True)  # the kernel has not yet ended them
    for child in children:
        child._process.kill()
    assert decode.once_more_if_killed(lambda: read(video)) == list(range(12))


def test_any_other_error_of_a_decoder_is_the_videos(stub, video):
    stub("raise MemoryError('too big')")
    with pytest.raises(VideoError, match="MemoryError: too big"):
        read(video)


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels hold no process to a bound")
def test_a_decoder_that_takes_too_much_memory_is_stopped_and_the_next_one_goes_on(stub, video):
    stub("bytearray(900 << 20)")
    with pytest.raises(VideoError, match="MemoryError"):
        read(video, limits=LIMITS.model_copy(update={"max_ahead_mib": 64}))
    assert read(video, "pyav") == list(range(12))


def test_one_child_reads_many_videos_good_and_bad(video, tmp_path, monkeypatch):
    monkeypatch.setattr(decode, "_idle", [])
    (tmp_path / "bad.mp4").write_bytes(b"no video\n" * 40)
    read(video)
    child = decode._idle[0]
    for _ in range(3):
        assert read(video) == list(range(12))
        with pytest.raises(VideoError, match="not a readable video"):
            read(tmp_path / "bad.mp4")
    assert decode._idle == [child]


def test_a_reader_left_half_way_does_not_disturb_the_next(video):
    with open_video(video, 32, "decord", LIMITS) as reader:
        assert numbers_of([next(reader.frames(range(12)))]) == [0]
    assert read(video) == list(range(12))


def test_a_child_that_died_between_two_videos_is_replaced(video, monkeypatch):
    monkeypatch.setattr(decode, "_idle", [])
    read(video)
    decode._idle[0].kill()
    assert read(video) == list(range(12))


OPEN = (
    "import sys; from pipeline.video.params import DecodeParams; from pipeline.video.decode import open_video\n"
    "limits = DecodeParams(order=['decord'], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)\n"
    "with open_video(sys.argv[1], 32, 'decord', limits): pass"
)


def python(script: str, *arguments: str, path: Path = ROOT) -> subprocess.Popen:
    paths = os.pathsep.join([str(path), str(ROOT), str(ROOT / "tests")])
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments], env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE
    )


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a hanging child lives until its decoder returns")
def test_a_hanging_child_dies_with_its_parent(stub, video):
    pid = stub(HANG)
    parent = python(OPEN, str(video), path=pid.parent / "stub")
    while not (pid.exists() and pid.read_text()):
        assert parent.poll() is None
        time.sleep(0.01)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while not gone(int(pid.read_text())):
        time.sleep(0.01)


PEAKS = """
import re, sys, time
from pathlib import Path
from pipeline.video.params import DecodeParams
from pipeline.video import decode
path, side, decoder, mib, in_parts, pause = sys.argv[1:]
limits = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=int(mib))
with decode.open_video(path, int(side), decoder, limits, in_parts=in_parts == "True") as reader:
    for count, _ in enumerate(reader.frames(range(len(reader.timeline.starts))), 1):
        time.sleep(float(pause) if count % 400 == 1 else 0)
for process in ("self", decode._idle[0]._process.pid):
    print(int(re.search(r"VmHWM:\\s+(\\d+)", Path(f"/proc/{process}/status").read_text())[1]) / 1024)
print(count)
"""


def peaks(
    path: Path, short_side: int, frames: int, decoder: str = "decord", mib: int = 1024, in_parts: bool = False,
    pause: float = 0.0,
) -> tuple[float, float]:  # fmt: skip
    """MiB of the process and of its decoder for all frames of a video, with a pause (s) before every 400th picture."""
    process = python(PEAKS, str(path), *map(str, (short_side, decoder, mib, in_parts, pause)))
    here, child, count = map(float, process.communicate()[0].split())
    assert count == frames and process.returncode == 0
    return here, child


@pytest.fixture(scope="module")
def long_video(tmp_path_factory) -> Path:
    """1,200 pictures that decode fast; together they are 549 MiB."""
    frames = [np.zeros((400, 400, 3), np.uint8)] * 1200
    return write_video(tmp_path_factory.mktemp("long") / "long.mp4", frames, 100, options={"preset": "ultrafast"})


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_a_video_is_decords_while_all_of_it_fits_into_what_decord_may_hold(long_video):
    here, child = peaks(long_video, 400, 1200, mib=600, pause=2.0)
    assert here < 200 and child < 600 + ITSELF


def test_a_video_that_does_not_fit_is_left_to_pyav(long_video):
    limits = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=548)
    with pytest.raises(TooLarge, match="may hold all of it at once, 551 MiB"):
        with open_video(long_video, 400, "decord", limits):
            pass


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
@pytest.mark.parametrize(("decoder", "in_parts"), [("pyav", False), ("decord", True)])
def test_a_video_that_does_not_fit_is_never_whole_in_memory(long_video, decoder, in_parts):
    here, child = peaks(long_video, 400, 1200, decoder, 200, in_parts, pause=2.0)
    assert here < 200 and child < 200 + ITSELF


def test_parts_give_the_same_pictures(tmp_path):
    frames = [frame.repeat(20, 0).repeat(20, 1) for frame in numbered_frames(40)]
    path = write_video(tmp_path / "video.mp4", frames, options={"g": "16"})
    limits = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=10)
    wanted = [*range(0, 30, 2), 31, 32, 38]
    with open_video(path, 480, "decord", limits, in_parts=True) as reader:
        assert numbers_of(picture[7::15, 7::15] for picture in reader.frames(wanted)) == wanted


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_forty_times_the_length_takes_the_same_memory(tmp_path):
    frames = [np.zeros((64, 64, 3), np.uint8)] * 16000
    options = {"preset": "ultrafast"}
    totals = [
        sum(peaks(write_video(tmp_path / f"{count}.mp4", frames[:count], 30, options=options), 64, count, "pyav"))
        for count in (400, 16000)
    ]
    assert totals[1] < 1.2 * totals[0]
