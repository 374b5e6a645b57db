"""Whatever a name or a caption holds, it is one printable line, and no formula in a spreadsheet."""

import csv
import io

import pytest
from helpers.searching import HOSTILE

from pipeline.search.plain_text import cell, csv_bytes, one_line

TEXTS = [text for name, _, lines in HOSTILE.values() for text in (name, *lines)]


@pytest.mark.parametrize("text", TEXTS)
def test_it_is_one_line_that_can_be_printed_and_encoded(text):
    line = one_line(text)
    assert line.splitlines() == [line] and line.isprintable()
    assert line.encode("utf-8").decode("utf-8") == line


def test_what_is_no_danger_stays_as_it_is():
    text = "Zoë's <b>生日</b> 👩‍🚒 می‌خواهم שלום %2e%2e \\x1b"
    assert one_line(text) == text


def test_what_was_taken_away_can_be_seen():
    assert one_line("a\tb\r\nc") == "a b  c"
    assert one_line("\x1b[31m\u202e\udcff\x00") == "\\x1b[31m\\u202e\\udcff\\x00"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
@pytest.mark.parametrize("before", ["", " ", "\t", "\r", "\n", "a;", "a; ", "\u3000"])
def test_no_cell_begins_a_formula_anywhere_a_spreadsheet_looks_for_one(sign, before):
    shown = cell(f"{before}{sign}cmd()")
    assert shown.endswith(f"'{sign}cmd()")


def test_a_sign_within_a_text_stays():
    assert cell("a-b @ c = d") == "a-b @ c = d"


def test_csv_can_be_read_back_row_for_row():
    rows = [[text, 1.5, -3] for text in TEXTS]
    read = list(csv.reader(io.StringIO(csv_bytes(rows).decode("utf-8"), newline="")))
    assert read == [[cell(text), "1.5", "-3"] for text in TEXTS]
