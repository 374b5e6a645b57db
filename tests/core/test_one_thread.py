"""What is computed side by side is computed by one thread each, whoever asks."""

import os
import threading

import pytest
import torch

from pipeline.core.one_thread import by_one_thread_each
from pipeline.core.runtime import threads


@pytest.mark.parametrize("number", [1, 2, 3])
def test_each_has_one_thread_and_its_result_its_place(number):
    def run(index):
        return index, torch.get_num_threads(), threading.current_thread().name

    with threads(number):
        found = by_one_thread_each(run, 20)
        assert torch.get_num_threads() == number
    assert [index for index, *_ in found] == list(range(20))
    assert {alone for _, alone, _ in found} == {1}
    assert 1 <= len({name for *_, name in found}) <= number


def test_as_many_are_computed_at_a_time_as_torch_has_threads():
    meeting = threading.Barrier(3)
    with threads(3):
        assert len(by_one_thread_each(lambda _: meeting.wait(timeout=60), 3)) == 3


def test_a_thread_that_starts_later_has_all_of_them():
    found = []  # no other test has five threads, so they start here
    with threads(5):
        by_one_thread_each(str, 5)
        later = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
        later.start()
        later.join()
    assert found == [5]


def test_what_one_raises_is_raised():
    def run(index):
        raise ValueError(f"number {index}")

    with pytest.raises(ValueError, match="number 0"):
        by_one_thread_each(run, 2)


def test_a_forked_process_starts_threads_of_its_own():
    by_one_thread_each(str, 2)
    child = os.fork()
    if child == 0:
        os._exit(0 if by_one_thread_each(str, 2) == ["0", "1"] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
