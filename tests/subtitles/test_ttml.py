"""Paragraphs and spans with times, in every version's namespace and every notation of time."""

import pytest

from pipeline.core.ids import BadRecord
from pipeline.subtitles.cue import shown_lines
from pipeline.subtitles.ttml import ttml

TT = """<?xml version="1.0" encoding="utf-8"?>
<tt xmlns="{0}" xmlns:ttp="{0}#parameter" ttp:frameRate="25" ttp:tickRate="1000"><head><metadata>no</metadata></head>
<body><div begin="10s">{1}</div></body></tt>"""
NAMESPACES = ("http://www.w3.org/ns/ttml", "http://www.w3.org/2006/10/ttaf1", "http://www.w3.org/2006/04/ttaf1")


def read(body: str, namespace: str = NAMESPACES[0]) -> list[tuple]:
    return [
        (cue.line, cue.fault) if cue.fault else (round(cue.start, 6), round(cue.end, 6), shown_lines(cue.text))
        for cue in ttml(TT.format(namespace, body))
    ]


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_text_of_a_paragraph(namespace):
    body = '<p begin="00:00:01.500" end="00:00:03.000">Hello<br/>\n  <span>big</span> world &amp; all</p>'
    assert read(body, namespace) == [(11.5, 13.0, ["Hello", "big world & all"])]


@pytest.mark.parametrize(
    ("times", "start", "end"),
    [
        ('begin="2s" dur="500ms"', 12.0, 12.5),
        ('begin="00:00:05:12" end="00:00:06:00"', 15.48, 16.0),
        ('begin="7000t" end="8000t"', 17.0, 18.0),
        ('begin="50f" end="1m"', 12.0, 70.0),
        ('begin="0.001h" end="01:00:00"', 13.6, 3610.0),
    ],
)
def test_notations_of_time(times, start, end):
    assert read(f"<p {times}>x</p>") == [(start, end, ["x"])]


def test_spans_count_where_their_paragraph_has_no_times():
    body = '<p><span begin="1s" end="2s">one</span> gap <span begin="2s" end="3s">two</span></p>'
    assert read(body) == [(11.0, 12.0, ["one"]), (12.0, 13.0, ["two"])]
    body = '<p begin="1s" end="3s"><span begin="1s" end="2s">one</span> <span begin="2s" end="3s">two</span></p>'
    assert read(body) == [(11.0, 13.0, ["one two"])]


def test_a_bad_paragraph_is_named_and_the_others_stay():
    assert read('<p begin="1s" end="2s">a</p>\n<p begin="soon" end="2s">b</p>\n<p begin="3s">c</p>') == [
        (11.0, 12.0, ["a"]),
        (4, "'soon' is no time as in 00:00:01.500 or 1.5s"),
        (5, "it has no end"),
    ]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Hello", "not valid XML"),
        ("<tt><body/></tt>", "no cue in it"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><tt><p begin="0s" end="1s">&x;</p></tt>', "XML entities"),
        ('<tt><div timeContainer="seq"><p begin="0s" end="1s">a</p></div></tt>', "one after the other"),
        ('<tt frameRate="0"><p begin="0s" end="1s">a</p></tt>', "is no rate"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(text, cause):
    with pytest.raises(BadRecord, match=cause):
        ttml(text)
