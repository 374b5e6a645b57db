"""Numbers of bytes and lengths of time, as people read them."""

import pytest

from pipeline.core.amounts import hours, size


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 bytes"), (1023, "1,023 bytes"), (1536, "1.5 KiB"), (5 << 30, "5 GiB"), (3 << 42, "12,288 GiB")],
)
def test_sizes(count, shown):
    assert size(count) == shown


def test_lengths():
    shown = [hours(seconds) for seconds in (0, 59.7, 3599, 7260)]
    assert shown == ["0 min 00 s", "1 min 00 s", "59 min 59 s", "2 h 01 min"]
