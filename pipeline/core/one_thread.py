"""Computes several things at a time on the CPU, each by one thread from end to end.

Where torch cuts every operation among the threads instead, they wait for each other thousands of times, it does not cut
small operations at all, and the last bits of a result depend on how many threads there are.
Test: tests/core/test_one_thread.py.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Barrier
from typing import TypeVar

import torch

Result = TypeVar("Result")


def by_one_thread_each(run: Callable[[int], Result], count: int) -> list[Result]:
    """Call `run` with 0 to count - 1 in `torch.get_num_threads()` threads, the last one first.

    Results are in the order of the numbers. What `run` raises is raised here.
    """
    pool = _pool(torch.get_num_threads())
    tasks = [pool.submit(run, index) for index in reversed(range(count))]
    return [task.result() for task in reversed(tasks)]


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Start threads, and keep them for the next call: a new thread would allocate all its memory anew."""
    pool = ThreadPoolExecutor(threads, "one", initializer=_compute_alone)
    all_started = Barrier(threads)
    for task in [pool.submit(all_started.wait) for _ in range(threads)]:
        task.result()
    torch.set_num_threads(threads)  # every other thread of the process that starts from now on would have one
    return pool


def _compute_alone() -> None:
    """Let torch use no other threads for what this thread computes."""
    torch.get_num_threads()  # a thread's first parallel operation takes the process's number, unless it was asked for
    torch.set_num_threads(1)


os.register_at_fork(after_in_child=_pool.cache_clear)
