"""Keeps freed memory in the process, for speed; no result depends on it. Test: tests/ops/test_memory.py."""

import ctypes
import sys

from pipeline.core.runtime import fast_cpu

TRIM_THRESHOLD, MMAP_MAX = -1, -4  # options of glibc's mallopt


def keep_memory() -> None:
    """Make the C library keep memory that is freed from now on, where it is glibc; else do nothing.

    By default glibc returns the memory of large tensors to the system when they are freed, and the system clears the
    pages before it hands them out again: in training, the same gigabytes in every step.
    """
    library = ctypes.CDLL(None) if sys.platform == "linux" and fast_cpu() else None
    if library is not None and hasattr(library, "mallopt"):
        library.mallopt(MMAP_MAX, 0)
        library.mallopt(TRIM_THRESHOLD, -1)
