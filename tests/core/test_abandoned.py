"""What a killed process was writing is removed by the next one; what a living one writes is not."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.core import abandoned
from pipeline.core.abandoned import SECONDS_UNTOUCHED, prefix_of, remove_abandoned
from pipeline.core.files import atomic_folder, atomic_path

ROOT = Path(__file__).resolve().parents[2]
WRITES = """
import sys, time
from pathlib import Path
from pipeline.core.files import atomic_folder, atomic_path
with getattr(sys.modules[__name__], sys.argv[1])(sys.argv[2]) as temporary:
    (temporary / "part" if temporary.is_dir() else temporary).write_text("half")
    print(temporary, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def writing(tmp_path) -> Iterator:
    """Start a process that never ends writing; returns it and its temporary path."""
    started = []

    def start(atomic: str, name: str = "out") -> tuple[subprocess.Popen, Path]:
        process = subprocess.Popen(
            [sys.executable, "-c", WRITES, atomic, str(tmp_path / name)], env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process, Path(process.stdout.readline().strip())

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(autouse=True)
def _as_in_a_new_process(monkeypatch):
    monkeypatch.setattr(abandoned, "_cleared", set())


@pytest.mark.parametrize("atomic", [atomic_path, atomic_folder])
def test_what_a_killed_process_left_goes_and_what_a_living_one_writes_stays(tmp_path, writing, atomic):
    killed, left = writing(atomic.__name__)
    _, kept = writing(atomic.__name__)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert left.exists()
    with atomic(tmp_path / "out") as temporary:
        assert not left.exists() and kept.exists() and temporary.exists()


@pytest.mark.parametrize("atomic", [atomic_path, atomic_folder])
def test_what_a_library_wrote_first_under_a_name_of_its_own_goes_too(tmp_path, writing, atomic):
    """As safetensors writes `.tmpAbCdEf` beside what it was asked for, and renames it."""
    killed, left = writing(atomic.__name__)
    (left / ".tmpAbCdEf" if left.is_dir() else left.with_name(".tmpAbCdEf")).touch()
    killed.kill()
    killed.wait()
    with atomic(tmp_path / "out") as temporary:
        (temporary / "part" if temporary.is_dir() else temporary).touch()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_was_to_have_another_name_goes_too(tmp_path, writing):
    killed, left = writing("atomic_path", "a state of other parameters")
    killed.kill()
    killed.wait()
    remove_abandoned(tmp_path / "state")
    assert not left.exists()


def test_a_process_that_nobody_has_waited_for_is_dead(tmp_path, writing):
    killed, left = writing("atomic_path")
    killed.kill()
    while Path(f"/proc/{killed.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    remove_abandoned(tmp_path / "out")
    assert not left.exists()


def test_another_process_with_the_same_number_is_told_apart(tmp_path):
    own = prefix_of(tmp_path / "out")
    *head, start = own.rstrip(".").split("-")
    earlier, now = (tmp_path / f"{'-'.join([*head, number])}.12345678.tmp" for number in (str(int(start) - 1), start))
    earlier.touch()
    now.touch()
    remove_abandoned(tmp_path / "out")
    assert not earlier.exists() and now.exists()


def untouched(path: Path, seconds: float) -> Path:
    path.touch()
    os.utime(path, (time.time() - seconds,) * 2)
    return path


def test_what_another_machine_or_an_older_version_wrote_goes_after_a_day(tmp_path):
    fresh, old = SECONDS_UNTOUCHED - 60, SECONDS_UNTOUCHED + 60
    stay = [
        untouched(tmp_path / ".out.0123abcd-1-1.12345678.tmp", fresh), untouched(tmp_path / ".out.12345678.tmp", fresh),
        untouched(tmp_path / ".other.12345678.tmp", old), untouched(tmp_path / "out.12345678.tmp", old),
        untouched(tmp_path / ".out.tmp", old),
    ]  # fmt: skip
    go = [untouched(tmp_path / ".x.0123abcd-2-1.12345678.tmp", old), untouched(tmp_path / ".out.1234567a.tmp", old)]
    remove_abandoned(tmp_path / "out")
    assert all(path.exists() for path in stay) and not any(path.exists() for path in go)
