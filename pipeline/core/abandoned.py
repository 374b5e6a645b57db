"""Names temporary files and folders after the process that writes them; the next run removes those of dead ones.

A process is told by the machine (and the container) that it is on, its number, and when it started. Of a process on
another machine nothing is known; its file is taken to be abandoned once nothing was written to it for a day.
Test: tests/core/test_abandoned.py.
"""

import contextlib
import hashlib
import os
import re
import shutil
import time
from functools import cache
from pathlib import Path

SUFFIX = ".tmp"
SECONDS_UNTOUCHED = 24 * 3600
_OWNED = re.compile(r"\..+\.([0-9a-f]{8})-(\d+)-(\d+)\.\w{8}\.tmp")
_OF_OLDER_VERSIONS = re.compile(r"\.(.+)\.\w{8}\.tmp")
_cleared: set[Path] = set()


def prefix_of(path: Path) -> str:
    """Return how a temporary name begins that this process gives to what will be called `path`."""
    process = os.getpid()
    return f".{path.name}.{_machine()}-{process}-{_start_of(process)}."


def remove_abandoned(path: Path) -> None:
    """Remove, once a process, the temporary files and folders beside `path` that dead processes have left.

    Those of older versions do not name their process; they are removed where they were to become `path` itself.
    """
    if path in _cleared:
        return
    _cleared.add(path)
    with contextlib.suppress(OSError):
        for entry in os.scandir(path.parent):
            if entry.name.startswith(".") and entry.name.endswith(SUFFIX) and _is_abandoned(Path(entry.path), path):
                _remove(Path(entry.path))


def _is_abandoned(temporary: Path, path: Path) -> bool:
    if owned := _OWNED.fullmatch(temporary.name):
        machine, process, start = owned.groups()
        if machine == _machine():
            return _start_of(int(process)) not in (0, int(start))
    elif not (older := _OF_OLDER_VERSIONS.fullmatch(temporary.name)) or older[1] != path.name:
        return False
    return _seconds_untouched(temporary) > SECONDS_UNTOUCHED


def _remove(temporary: Path) -> None:
    if temporary.is_dir():
        shutil.rmtree(temporary, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _seconds_untouched(temporary: Path) -> float:
    try:
        written = [file.stat().st_mtime for file in (temporary, *temporary.rglob("*"))]
    except OSError:  # its process has just renamed it
        return 0.0
    return time.time() - max(written)


@cache
def _machine() -> str:
    """Return eight digits for the space in which the number of a process means one process."""
    space = f"{os.uname().nodename} "
    with contextlib.suppress(OSError):
        space += os.readlink("/proc/self/ns/pid")
    return hashlib.sha256(space.encode()).hexdigest()[:8]


def _start_of(process: int) -> int:
    """Return when the process started, in the kernel's units, 0 where that cannot be known; -1 for a dead process."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return -1
    except (PermissionError, OverflowError):
        pass
    try:
        state, *fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return -1 if state in "ZX" else int(fields[18])
