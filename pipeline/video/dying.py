"""Lets a process end with the one that started it, so that no decoder outlives whom it decodes for.

Test: tests/video/test_decode.py.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Let the kernel end this process with its parent, even inside a decoder; elsewhere the end of the pipe does.

    The parent is, to the kernel, the thread that started this process.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit()
