"""Runs a module in a process that has given up what reading a video does not need, so that no video can use it.

`python -m pipeline.video.confined PARENT WRITTEN MODULE ...` runs MODULE as `python -m MODULE ...` would. The process
ends with PARENT, writes at most WRITTEN bytes into any file, leaves no core file, has few files open, and no network
where the kernel lets it give that up: as root, or where users may make namespaces. Namespaces must be made before
numpy starts threads, therefore the module is imported afterwards. Outside Linux there is a network.
Test: tests/video/test_confined.py.
"""

import ctypes
import os
import resource
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.core.dying import die_with

_FILES = 64
_NEWUSER, _NEWNET = 0x10000000, 0x40000000


def confine(parent: int, written: int) -> None:
    """Give it up; where a limit is lower already, it stays."""
    _leave_the_network()
    die_with(parent)
    for limit, most in (("CORE", 0), ("FSIZE", written), ("NOFILE", _FILES)):
        _lower(getattr(resource, f"RLIMIT_{limit}"), most)


def _leave_the_network() -> None:
    """Move to a network of its own, which has no connection. Of users, root is not moved to a namespace of users.

    It could not read there what it may read because it is root.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).unshare(_NEWNET | (_NEWUSER if os.geteuid() else 0))


def _lower(limit: int, most: int) -> None:
    """Lower the soft limit and the hard one."""
    highest = resource.getrlimit(limit)[1]
    most = most if highest == resource.RLIM_INFINITY else min(most, highest)
    resource.setrlimit(limit, (most, most))


@contextmanager
def one_more_file() -> Iterator[None]:
    """Let this process open one file more within the block, and no second file or socket beside it."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + 1, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


if __name__ == "__main__":
    confine(int(sys.argv[1]), int(sys.argv[2]))
    del sys.argv[:3]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
