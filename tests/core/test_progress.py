"""A long work says how far it is: lines at growing intervals, a bar on a terminal, and where it was broken off."""

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from contextlib import suppress

import pytest

from pipeline.core import progress
from pipeline.core.progress import Progress, left_off, watched

WORK = """
import time
from pipeline.core import progress
progress.BAR_SECONDS = 0
with progress.Progress("numbers", 5, "video", reused=3) as work:
    for _ in range(2):
        time.sleep(0.3)
        work.advance()
"""

LONG_WORK = """
from pipeline.core import progress
progress.BAR_SECONDS = progress.FIRST_SECONDS = progress.LONGEST_SECONDS = 0.2
with progress.Progress("numbers", 10, "video", reused=4):
    input()
"""


@pytest.fixture
def terminal():
    """The two ends of a terminal that is 120 characters wide."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 120))
    yield ours, theirs
    os.close(ours)


def _read(ours: int, until: str | None = None) -> str:
    """What a terminal is sent until the pattern is in it, or until the other end is closed."""
    shown, deadline = "", time.monotonic() + 30
    with suppress(OSError):  # Linux says so that the other end is closed
        while until is None or not re.search(until, shown):
            assert select.select([ours], [], [], max(0, deadline - time.monotonic()))[0], shown
            shown += os.read(ours, 1 << 16).decode()
    return shown


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(progress, "FIRST_SECONDS", 0.05)
    monkeypatch.setattr(progress, "LONGEST_SECONDS", 0.2)


def _wait_for(words: str, capsys, seen: str = "") -> str:
    deadline = time.monotonic() + 30
    while words not in seen:
        assert time.monotonic() < deadline, seen
        time.sleep(0.02)
        seen += capsys.readouterr().err
    return seen


def test_without_a_terminal_it_speaks_even_while_nothing_is_done(impatient, capsys):
    with Progress("numbers", 4, "video", reused=1) as work:
        said = _wait_for("numbers: 1 of 4 videos are done (1 reused); ", capsys)
        assert "how long the rest takes is not known yet" in said
        work.advance()
        work.advance(failed=True)
        said = _wait_for("3 of 4 videos are done (1 reused, 1 failed so far)", capsys)
        assert re.search(r"videos/s, about \d+ min \d\d s left", said)
    said = capsys.readouterr().err
    time.sleep(0.5)
    assert capsys.readouterr().err == ""  # it is silent once the work has ended


def test_the_intervals_grow_up_to_the_longest(monkeypatch):
    waits = []

    class Ended:
        def wait(self, seconds):
            waits.append(seconds)
            return len(waits) == 10

    work = Progress("numbers", 1, "video")
    work._bar = type("NoBar", (), {"disable": True})
    work._started, work._ended = time.perf_counter(), type("Open", (), {"is_set": lambda self: False})()
    work._speak(Ended())
    assert waits == [5, 10, 20, 40, 80, 160, 320, 600, 600, 600]


def test_on_a_terminal_the_bar_counts_what_was_done_before_and_says_one_speed(terminal):
    ours, theirs = terminal
    subprocess.run([sys.executable, "-c", WORK], stderr=theirs, check=True)
    os.close(theirs)
    shown = _read(ours)
    assert "3/5" in shown and "5/5" in shown and "are done" not in shown
    assert re.search(r"5/5 \[00:\d\d<00:00, [\d.]+ videos/s\]", shown) and "s/video" not in shown.replace(
        "videos/s", ""
    )


def test_on_a_terminal_the_bar_shows_before_the_first_is_done_and_its_time_goes_on(terminal):
    ours, theirs = terminal
    with subprocess.Popen([sys.executable, "-c", LONG_WORK], stdin=subprocess.PIPE, stderr=theirs) as work:
        os.close(theirs)
        shown = _read(ours, until=r"4/10 \[00:0[1-9]<\?\]")
        work.communicate(b"\n")
    shown += _read(ours)
    assert shown.count("4/10") > 2 and shown.count("\n") == 1 and shown.endswith("\n")


def test_what_was_broken_off_is_known():
    with pytest.raises(KeyboardInterrupt), Progress("numbers", 9, "video", reused=2) as work:
        work.advance()
        raise KeyboardInterrupt
    assert left_off() == "numbers: 3 of 9 videos are done (2 reused)"


def test_what_is_watched_comes_as_it_is():
    assert list(watched(iter("abc"), "letters", "letter", 3)) == ["a", "b", "c"]
    before = left_off()
    assert list(watched({"a": 1}.items(), "letters", "letter")) == [("a", 1)]
    assert left_off() == before  # it came to its end
