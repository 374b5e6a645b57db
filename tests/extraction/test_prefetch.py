"""Items made one ahead on a second thread."""

import threading
from contextlib import closing

import pytest

from pipeline.extraction.prefetch import Seconds, prefetch


def test_items_come_in_order():
    assert list(prefetch(range(20), Seconds())) == list(range(20))


def test_at_most_one_item_is_made_ahead():
    made = []
    with closing(prefetch((made.append(k) or k for k in range(10)), Seconds())) as items:
        for k in items:
            assert len(made) <= k + 2


def test_an_error_arrives_after_the_items_before_it():
    def source():
        yield 1
        raise ValueError("broken")

    items = prefetch(source(), Seconds())
    assert next(items) == 1
    with pytest.raises(ValueError, match="broken"):
        next(items)


def test_closing_ends_the_thread():
    before = threading.active_count()
    with closing(prefetch(iter(int, 1), Seconds())) as items:
        next(items)
    assert threading.active_count() == before
