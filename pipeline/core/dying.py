"""Lets a process end with the one that started it: a decoder with whom it decodes for, a stage with its `dvc`.

The kernel of Linux does it; elsewhere a decoder sees the end of its pipe, and a stage goes on to its own end.
Tests: tests/core/test_dying.py, tests/video/test_decode.py.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_SECONDS_BETWEEN_LOOKS = 0.2
_OF_A_STAGE = b"DVC_STAGE="
"""What DVC puts into the environment of all that a stage runs; its own environment lacks it."""


def die_with(parent: int) -> None:
    """Let the kernel end this process with its parent, even inside a decoder; elsewhere the end of the pipe does.

    The parent is, to the kernel, the thread that started this process.
    """
    if sys.platform == "linux":
        _end_with_parent()
        if os.getppid() != parent:
            sys.exit()


def die_with_dvc() -> None:
    """End this process with the `dvc` that runs it, however that ends; without DVC it lives by itself.

    DVC starts a stage through a shell, which may stay between the two and outlive `dvc`. So the parent is left to the
    kernel, and a thread looks after those before it. A process whose `dvc` has already ended ends at once: it has been
    given to a process of another session.
    """
    if sys.platform != "linux" or "DVC_STAGE" not in os.environ:
        return
    _end_with_parent()
    ancestors = _ancestors()
    if not ancestors or _session_of(ancestors[-1]) != os.getsid(0):
        sys.exit("The dvc that started this stage has ended, so the stage does not begin.")
    threading.Thread(target=_end_without, args=(ancestors,), daemon=True).start()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_without(ancestors: list[int]) -> None:
    """Kill this process once it descends from other processes: the child of one that has ended is given to another."""
    while True:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        with suppress(OSError):  # a look that fails, as where too many files are open, tells nothing
            if _ancestors() != ancestors:
                os.kill(os.getpid(), signal.SIGKILL)


def _ancestors() -> list[int]:
    """List the parent, its parent and so on, up to `dvc`; empty where one of them ends meanwhile."""
    found = [os.getppid()]
    try:
        while found[-1] > 1 and _is_of_a_stage(found[-1]):
            found.append(_parent_of(found[-1]))
    except (FileNotFoundError, ProcessLookupError):
        return []
    return found


def _is_of_a_stage(process: int) -> bool:
    try:
        environment = Path(f"/proc/{process}/environ").read_bytes()
    except PermissionError:  # it belongs to another user
        return False
    return any(name.startswith(_OF_A_STAGE) for name in environment.split(b"\0"))


def _session_of(process: int) -> int | None:
    with suppress(ProcessLookupError):
        return os.getsid(process)
    return None


def _parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
