"""Cues of .srt, .vtt and .sbv files, as tidy and as untidy as they come."""

import time

import pytest

from pipeline.core.ids import BadRecord
from pipeline.subtitles.cue import shown_lines
from pipeline.subtitles.timed_lines import timed_lines


def read(text: str, suffix: str = ".srt") -> list[tuple]:
    """(start, end, words) of every cue, or (line, fault)."""
    return [
        (cue.line, cue.fault) if cue.fault else (cue.start, cue.end, " ".join(shown_lines(cue.text)))
        for cue in timed_lines(text, suffix)
    ]


TWO = "1\n00:00:01,000 --> 00:00:02,000\nOne apple.\n\n2\n00:00:03,500 --> 00:00:04,000\nTwo pears\nand a plum.\n"
TWO_READ = [(1.0, 2.0, "One apple."), (3.5, 4.0, "Two pears and a plum.")]


@pytest.mark.parametrize(
    "text",
    [
        TWO,
        TWO.replace("\n\n", "\n"),
        TWO.replace("\n\n", "\n \n"),
        TWO.replace("\n\n", "\n\n\n\n"),
        TWO.replace("\n", "\n\n"),
        TWO.replace("\n", "\r\n"),
        TWO.replace("\n", "\r"),
        TWO.replace("\n", "\r\r\n"),
        TWO.replace("1\n00", "00").replace("2\n00", "00"),
        TWO.replace("1\n00", "00").replace("\n\n2\n00", "\n00"),
        TWO.replace("00:00:0", "0:0").replace(",500", ".5").replace(",000", ""),
        TWO.replace(" --> ", "-->").replace(",000\n", ",000 X1:10 X2:20\n"),
        TWO.replace("2\n00", "\ufeff2\n00"),
        TWO.strip(),
    ],
)
def test_every_layout_of_the_same_cues_is_read_alike(text):
    assert read(text) == TWO_READ


def test_only_an_empty_line_or_times_end_a_cue():
    rolling = "WEBVTT\n\n00:00.469 --> 00:03.169\n \nwelcome<00:01.469><c> to</c>\n\n00:03.169 --> 00:03.179\nto\n"
    assert read(rolling, ".vtt") == [(0.469, 3.169, "welcome to"), (3.169, 3.179, "to")]
    inside = TWO.replace("pears\n", "pears\n\n")
    assert read(inside) == TWO_READ


def test_a_number_is_text_unless_it_stands_where_the_numbers_stand():
    assert read("1\n00:01,0 --> 00:02,0\n42\n\n2\n00:03,0 --> 00:04,0\n\n3\n00:05,0 --> 00:06,0\n43") == [
        (1.0, 2.0, "42"),
        (3.0, 4.0, ""),
        (5.0, 6.0, "43"),
    ]
    assert read("00:01,0 --> 00:02,0\n42\n00:03,0 --> 00:04,0\n43\n\n00:05,0 --> 00:06,0\n44") == [
        (1.0, 2.0, "42"),
        (3.0, 4.0, "43"),
        (5.0, 6.0, "44"),
    ]


def test_webvtt_leaves_out_what_is_no_text():
    text = (
        "WEBVTT - title\nKind: captions\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n"
        'REGION\nid:fred\n\nSTYLE\n::cue { content: "-->" }\n\nNOTE a note\nof two lines\n\n'
        "intro\n00:01.000 --> 00:02.500 line:80% align:start\nHello\n\nNOTE\nno text\n\nthere\n\n"
        "2 - chorus\n100:00:00.000 --> 100:00:01.000\nLa\n\n"
        "WEBVTT\nKind: captions\n\n100:00:02.000 --> 100:00:03.000\nlast\n"
    )
    expected = [(1.0, 2.5, "Hello there"), (360000.0, 360001.0, "La"), (360002.0, 360003.0, "last")]
    assert read(text, ".vtt") == read(text, ".srt") == expected


def test_a_note_that_ends_in_a_number_makes_no_numbers_of_texts():
    text = "WEBVTT\n\nNOTE of\n2020\n\n00:01.000 --> 00:02.000\none\n\ntwo\n\n00:03.000 --> 00:04.000\nthree\n"
    assert read(text, ".vtt") == [(1.0, 2.0, "one two"), (3.0, 4.0, "three")]


def test_sbv():
    text = (
        "0:00:01.000,0:00:02.500\nOne apple,\n2 pears\n\n1:00:03.000,0:00:0x\nbroken\n\n0:00:05.000,0:00:06.000\nend\n"
    )
    assert read(text, ".sbv") == [
        (1.0, 2.5, "One apple, 2 pears"),
        (5, "no start and end as in 0:00:01.500,0:00:03.000"),
        (5.0, 6.0, "end"),
    ]


@pytest.mark.parametrize(
    ("times", "cause"),
    [
        ("00:00:03,000 -> 00:00:04,000", "no start and end as in"),
        ("00:00:03,000 --> soon", "no start and end as in"),
        ("soon --> 00:00:03,000", "no start and end as in"),
        ("00:61:03,000 --> 00:62:00,000", "no start and end as in"),
        ("-00:00:03,000 --> 00:00:04,000", "a time is negative"),
    ],
)
def test_broken_times_take_their_text_with_them_and_no_other(times, cause):
    (first, bad, last) = read(TWO.replace("\n\n2", f"\n\n7\n{times}\nbroken text\n\n2"))
    assert [first, last] == TWO_READ
    assert bad[0] == 6 and bad[1].startswith(cause)


def test_an_arrow_in_a_text_is_text():
    assert read(TWO.replace("One apple.", "from A --> B"))[0] == (1.0, 2.0, "from A --> B")


def test_text_before_the_first_times_is_named():
    assert read("made by somebody\n\n" + TWO) == [(1, "text before the first times"), *TWO_READ]


@pytest.mark.parametrize(
    "text", ["", "\n\n", "WEBVTT\n\nNOTE nothing\n", "Dialogue: 0,0:00:01.00,0:00:02.00,,,,,,,Hello"]
)
def test_a_file_without_cues_is_refused(text):
    for suffix in (".srt", ".vtt", ".sbv"):
        with pytest.raises(BadRecord, match="no cue in it"):
            read(text, suffix)


@pytest.mark.parametrize("filler", [" ", "\r", "x-->", "0:0,", "0:0-", "00:00:01,000 -->  ", "\n-", "<a", "&#9"])
def test_time_grows_with_the_size_only(filler):
    """Half a million characters of what regular expressions like least take seconds, not hours."""
    begin = time.monotonic()
    for suffix in (".srt", ".sbv"):
        text = ("0:00:01.000,0:00:02.000\na\n" if suffix == ".sbv" else TWO) + filler * (500_000 // len(filler))
        assert read(text, suffix)
    assert time.monotonic() - begin < 60
