"""Values of a row: the ways in which a time, a span, an id and nothing are written, and what stays as it is."""

import pytest

from pipeline.annotations.common.values import (
    WithUnit,
    is_empty,
    says_unit,
    seconds_written,
    span_written,
    time_written,
    whole_number,
)
from pipeline.core.ids import BadRecord


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *[("11", 11), (" 12.5 ", 12.5), ("12,5", 12.5), ("0:12", 12), ("1:02:03.5", 3723.5), ("00:00:12,500", 12.5)],
        *[("12s", 12), ("1 min 30 s", 90), ("1h2m3.5s", 3723.5), ("2 h", 7200), ("1234,567", 1234.567)],
        *[("1,234", None), ("1:75", None), ("1:75:00", None), ("noon", None), ("", None), ("12 14", None)],
        *[("9" * 100_000, None), ("1" + " " * 50_000 + "x", None)],
    ],
)  # fmt: skip
def test_what_is_a_time(text, seconds):
    assert seconds_written(text) == seconds


def test_a_comma_is_a_decimal_one_where_that_is_known():
    assert seconds_written("1,234", comma_is_decimal=True) == 1.234


def test_a_time_with_frames_is_refused_by_name():
    with pytest.raises(BadRecord, match="'00:00:12:10' counts frames"):
        seconds_written("00:00:12:10")


@pytest.mark.parametrize(
    ("written", "span"),
    [
        *[(["0:12", "31"], [12, 31]), ([12, "31"], [12, 31]), ("[12.5, 31]", [12.5, 31]), ("0:12 - 0:31", [12, 31])],
        *[("12-31", [12, 31]), ("12,5-31,5", [12.5, 31.5]), ("(12.0, 31.0)", [12, 31]), ("12 to 31", [12, 31])],
        *[("0:12,0:31", [12, 31]), ("0:12 --> 0:31", [12, 31]), ("12;31", [12, 31]), ('["0:12", "0:31"]', [12, 31])],
        *[([float("nan")] * 2, None), ([None, ""], None), ("", None), ("[NaN, NaN]", None)],
        *[("12", "12"), ("1-2-3", "1-2-3"), ("soon", "soon"), (["soon", 1], ["soon", 1]), ([1], [1]), (7, 7)],
    ],
)  # fmt: skip
def test_what_is_a_span(written, span):
    assert span_written(written) == span


def test_times_that_say_their_unit_keep_how_they_are_written():
    told = {text: seconds_written(text) for text in ("0:12", " 12 s ", "1h", "12", "12,5")}
    with_unit = {text: time.text for text, time in told.items() if isinstance(time, WithUnit)}
    assert with_unit == {"0:12": "0:12", " 12 s ": "12 s", "1h": "1h"}
    assert says_unit(span_written("0:12 - 31")) and says_unit(span_written([5, "31 s"]))
    assert not any(says_unit(span_written(span)) for span in ("12 - 31", [12, 31], None, "soon", 7))


def test_empty_cells_and_whole_numbers():
    assert all(is_empty(value) for value in (None, float("nan"), "", " NaN ", "<NA>", "NaT", "None"))
    assert not any(is_empty(value) for value in (0, "0", [], "nano"))
    assert time_written("nan") is None and time_written("2 s") == 2 and time_written("late") == "late"
    assert [whole_number(value) for value in (7.0, 7.5, "7.0", True)] == [7, 7.5, "7.0", True]
