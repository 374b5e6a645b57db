"""Lets one stage at a time work in a folder: two would write the same outputs.

The lock is the kernel's and ends with the process that holds it, however that ends. Test: tests/core/test_alone.py.
"""

import errno
import fcntl
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from pipeline.core.errors import PipelineError

LOCK, WITHOUT_DVC = Path(".dvc/tmp/stage.lock"), Path(".stage.lock")
"""What is locked, in the workspace; it holds a line about the process that had the lock last."""
SECONDS_TO_END = 10
"""How long a stage that was killed may take to end, as one does that frees the memory of a GPU."""
_HELD = {errno.EACCES, errno.EAGAIN}


def work_alone() -> None:
    """Hold the lock until this process ends; raises PipelineError where another process still holds it after a while.

    Where the file system knows no locks, this is said and the work goes on.
    """
    lock = LOCK if LOCK.parents[1].is_dir() else WITHOUT_DVC
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)  # it stays open: closing it would free the lock
    except OSError as error:
        fix = "remove what is there, or give write access to the folder"
        raise PipelineError(f"the lock file cannot be opened: {error.strerror}", where=lock, fix=fix) from None
    deadline = time.monotonic() + SECONDS_TO_END
    while True:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError as error:
            if error.errno not in _HELD:
                print(f"{lock}: {error.strerror}; start no second run here while this one works", file=sys.stderr)
                return
            if time.monotonic() > deadline:
                raise _not_alone(descriptor) from None
            time.sleep(0.1)
    with suppress(OSError):  # the disk may be full; the lock holds without the words
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()}: {' '.join(sys.orig_argv)}\n".encode(errors="replace"), 0)


def _not_alone(descriptor: int) -> PipelineError:
    holder = os.pread(descriptor, 1 << 10, 0).decode(errors="replace").strip()
    return PipelineError(
        f"another run is at work in this folder ({holder})",
        where=Path.cwd(),
        fix="wait until it ends, or stop it, then run `dvc repro` again; "
        "`dvc exp run --temp` and a second clone have folders of their own",
    )
