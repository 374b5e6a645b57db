"""Bounds the memory of this process by means of the kernel; outside Linux there is no bound.

Test: tests/core/test_memory.py.
"""

import re
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def growth_limited(grown: int) -> Iterator[None]:
    """Let the process's data grow by at most `grown` bytes within the block; what exceeds it cannot be allocated."""
    if sys.platform != "linux":
        yield
        return
    before, highest = resource.getrlimit(resource.RLIMIT_DATA)
    [kib] = re.findall(r"VmData:\s+(\d+) kB", Path("/proc/self/status").read_text())
    limits = [(int(kib) << 10) + grown, *(limit for limit in (before, highest) if limit != resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_DATA, (min(limits), highest))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, highest))
