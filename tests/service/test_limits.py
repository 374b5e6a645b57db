"""Calls that take turns."""

import asyncio
import threading

import pytest

from pipeline.service.limits import Busy, Turns


async def here() -> bool:
    return False


async def away() -> bool:
    return True


def test_a_call_returns_what_it_returns_and_raises_what_it_raises():
    async def both():
        turns = Turns(1, 0)
        assert await turns.run(lambda: 7, here) == 7
        with pytest.raises(ZeroDivisionError):
            await turns.run(lambda: 1 // 0, here)
        return await turns.run(lambda: 8, here)

    assert asyncio.run(both()) == 8


def test_nothing_is_called_for_somebody_who_is_gone():
    called = []
    assert asyncio.run(Turns(1, 0).run(lambda: called.append(1), away)) is None and called == []


def test_some_run_some_wait_and_the_rest_is_refused():
    async def ten():
        turns, go, under_way, most = Turns(2, 3), threading.Event(), set(), []

        def call(number):
            under_way.add(number)
            most.append(len(under_way))
            go.wait(30)
            under_way.discard(number)
            return number

        tasks = [asyncio.create_task(turns.run(lambda number=number: call(number), here)) for number in range(10)]
        while sum(task.done() for task in tasks) < 5:
            await asyncio.sleep(0.01)
        go.set()
        return await asyncio.gather(*tasks, return_exceptions=True), max(most)

    results, most = asyncio.run(ten())
    assert results[:5] == [0, 1, 2, 3, 4] and all(isinstance(result, Busy) for result in results[5:]) and most <= 2
