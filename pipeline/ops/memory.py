"""Memory that stays with the process. No result depends on it. Test: tests/ops/test_memory.py."""

import ctypes
import sys

from pipeline.core.runtime import fast_cpu

TRIM_THRESHOLD, MMAP_MAX = -1, -4  # options of glibc's mallopt


def keep_memory() -> None:
    """From here on what is freed stays with this process; where the C library is not glibc, nothing changes.

    By default large tensors go back to the system when they are freed, and the next ones get pages that the system
    clears first: in training, the same gigabytes in every step.
    """
    library = ctypes.CDLL(None) if sys.platform == "linux" and fast_cpu() else None
    if library is not None and hasattr(library, "mallopt"):
        library.mallopt(MMAP_MAX, 0)
        library.mallopt(TRIM_THRESHOLD, -1)
