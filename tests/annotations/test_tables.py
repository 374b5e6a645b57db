"""Tables of any make: what separates the cells, encodings, numbers and times, and what is refused with its cause."""

import pytest

from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.tables import table_rows
from pipeline.core.errors import PipelineError


@pytest.fixture
def write(tmp_path):
    def write(name: str, content: bytes):
        (tmp_path / name).write_bytes(content)
        return Annotations(tmp_path), tmp_path / name

    return write


EXPECTED = [
    ("q.csv:{}", {"vid_name": "v1", "desc": "A café, at noon", "start": 12.5, "end": 65.25}),
    ("q.csv:{}", {"vid_name": "v2", "desc": "视频", "start": 0.0}),
]
TEXT = '{sep}Vid_Name|DESC| Start |end\r\nv1|"A café, at noon"|{first}|{second}\r\nv2|视频|0|NaN\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_what_spreadsheets_write_is_read(write, delimiter, named, encoding):
    first, second = ("12.5", "1:05.25") if delimiter == "," else ("12,5", "0:01:05,25")
    text = TEXT.replace("|", delimiter).format(sep=f"sep={delimiter}\r\n" if named else "", first=first, second=second)
    annotations, path = write("q.csv", text.encode(encoding))
    lines = (3, 4) if named else (2, 3)
    expected = [(where.format(line), row) for line, (where, row) in zip(lines, EXPECTED, strict=True)]
    assert list(table_rows(annotations, path, ("vid_name", "desc"), ("start", "end"))) == expected
    assert annotations.refused == []


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        *[("7", 7.0), ("1e2", 100.0), (".5", 0.5), ("0:12", 12.0), ("1:02:03.5", 3723.5), ("75:10", 4510.0)],
        *[("1_0", "1_0"), ("0x1", "0x1"), ("one", "one"), ("inf", "inf"), ("1:75", "1:75"), ("1:75:00", "1:75:00")],
        *[("1.234,5", "1.234,5"), ("1,234,5", "1,234,5"), ("12,5", 12.5), ("-1", -1.0)],
    ],
)
def test_what_is_a_number_or_a_time(write, cell, value):
    annotations, path = write("q.csv", f"id;end\nv;{cell}\n".encode())
    assert list(table_rows(annotations, path, ("id",), ("end",))) == [("q.csv:2", {"id": "v", "end": value})]


def test_a_comma_between_cells_is_no_decimal_one(write):
    annotations, path = write("q.csv", b'id,end\nv,"1,234"\n')
    assert list(table_rows(annotations, path, ("id",), ("end",))) == [("q.csv:2", {"id": "v", "end": "1,234"})]


@pytest.mark.parametrize("empty", ["", "NaN", "nan", "NA", "#N/A", "<NA>", "NULL", "  "])
def test_what_stands_for_an_empty_cell(write, empty):
    annotations, path = write("q.csv", f"id,desc_id,text\nv,{empty},none at all\n".encode())
    assert list(table_rows(annotations, path, ("id",))) == [("q.csv:2", {"id": "v", "text": "none at all"})]


def test_blanks_and_columns_that_nobody_asked_for(write):
    annotations, path = write("q.csv", b" Vid Name , Desc-ID,,\n v , 1 ,,\n v , 2 ,x,\n")
    rows = [row for _, row in table_rows(annotations, path, ("vid_name",))]
    assert rows == [{"vid_name": "v", "desc_id": "1"}, {"vid_name": "v", "desc_id": "2"}] and annotations.refused == []


def test_columns_whose_names_say_nothing_are_noted(write):
    annotations, path = write("q.csv", b"\n\nid,Start (s),text\n1,2,3\n")
    assert [where for where, _ in table_rows(annotations, path, ("id",), ("start",), ("text",))] == ["q.csv:4"]
    assert annotations.unread_columns == {"q.csv": ["start_(s)"]}


def test_a_row_in_an_older_encoding_is_refused_with_the_way_out(write):
    annotations, path = write("q.csv", "id;text\n1;caf\xe9\n2;fine\n".encode("cp1252"))
    assert [where for where, _ in table_rows(annotations, path, ("id", "text"))] == ["q.csv:3"]
    (refused,) = annotations.refused
    assert (
        refused.where == "q.csv:2"
        and "not UTF-8 text (byte 0xe9), most likely windows-1252: save the file as UTF-8" in refused.cause
    )


@pytest.mark.parametrize(
    ("head", "cause"),
    [
        ("vid_name;desc;Desc", "the column desc is there twice"),
        ("video;text", "no column named vid_name or desc in the first line, which has `video`, `text`"),
        ("vid_name desc", "no column named vid_name or desc in the first line, which has `vid_name desc`"),
        ("sep=a\nvid_name", "`sep=a`: this separates no cells"),
    ],
)
def test_a_first_line_that_will_not_do(write, head, cause):
    annotations, path = write("q.csv", f"{head}\nv;a ball;a ball\n".encode())
    with pytest.raises(PipelineError) as caught:
        list(table_rows(annotations, path, ("vid_name", "desc")))
    assert cause in str(caught.value) and "q.csv:1" in str(caught.value)


def test_csv_names_the_line_where_a_row_begins(write):
    rows = [
        "\ufeffid,text".encode(),
        b'1,"two\nlines"',
        "2,é".encode(),
        b"",
        b"3,a,b",
        b"4,\xff",
        b"5,fine",
        b'6,"open',
    ]
    annotations, path = write("q.csv", b"\n".join(rows) + b"\n")
    assert list(table_rows(annotations, path, ("id",))) == [
        ("q.csv:2", {"id": "1", "text": "two\nlines"}),
        ("q.csv:4", {"id": "2", "text": "é"}),
        ("q.csv:8", {"id": "5", "text": "fine"}),
    ]
    assert [(r.where, r.cause.split(";")[0].split(": save")[0]) for r in annotations.refused] == [
        ("q.csv:6", "3 cells for 2 columns"),
        ("q.csv:7", "not UTF-8 text (byte 0xff), most likely windows-1252"),
        ("q.csv:9", "not valid CSV: unexpected end of data"),
    ]


@pytest.mark.parametrize("after", [b"5,fine\n6,fine\n", b"5,fine\n" * 20_000, b'5,"fine"\n'])
def test_a_quote_left_open_does_not_take_the_rows_after_it_away(write, after):
    """Whether it runs into the file's end, the parser's longest cell, or the next quote."""
    annotations, path = write("q.csv", b'id,text\n1,fine\n4,"open\n' + after)
    with pytest.raises(PipelineError, match=r"q\.csv:3: .* goes on to line \d+\n.*close the quote"):
        list(table_rows(annotations, path, ("id", "text")))
