"""Subtitles: .srt, .vtt and JSON lines give the same sentences; hours count; a bad cue is named, the others stay."""

import json

import pytest

from pipeline.annotations.records import Annotations
from pipeline.annotations.subtitles import clean, read_file, read_jsonl
from pipeline.manifest import Sentence


@pytest.fixture
def parse(tmp_path):
    """parse(file name, text) -> (sentences, [(where, cause)])."""

    def parse(name: str, text: str | bytes):
        (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
        annotations = Annotations(tmp_path)
        read_file(annotations, tmp_path / name)
        sentences = [sentence for _, track in annotations.subtitles for sentence in track.sentences]
        return sentences, [(refused.where, refused.cause) for refused in annotations.refused]

    return parse


def test_srt(parse):
    text = (
        "\ufeff1\r\n00:00:00,210 --> 00:00:04,260\r\n<i>(Joey:)</i> How you\r\n<font color='red'>doin'?</font>\r\n"
        "\r\n"
        "2\r\n01:02:03.5 --> 01:02:04,000 X1:10\r\n{\\an8}[door] a < b\r\n\r\n"
        "3\r\n01:02:05,000 --> 01:02:06,000\r\n♪ ♪\r\n"
    )
    assert parse("v.srt", text) == (
        [Sentence("Joey : How you doin'?", 0.21, 4.26), Sentence("door a < b", 3723.5, 3724.0)],
        [],
    )


def test_vtt(parse):
    text = (
        "WEBVTT - title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE a note\nof two lines\n\n"
        "intro\n00:01.000 --> 00:02.500 line:80% align:start\n"
        "<v Fred>Tell <00:01.500><c.loud>me</c> Q&amp;A &lt;now&gt;\n\n"
        "100:00:00.000 --> 100:00:01.000\nlate\n"
    )
    assert parse("v.vtt", text) == (
        [Sentence("Tell me Q&A <now>", 1.0, 2.5), Sentence("late", 360000.0, 360001.0)],
        [],
    )


@pytest.mark.parametrize(
    ("cue", "line", "cause"),
    [
        ("2\n00:00:03,000 -> 00:00:04,000\nbroken arrow", 5, "no `start --> end` times"),
        ("2\n00:00:03,000 --> soon\nno end", 6, "no `start --> end` times"),
        ("2\n00:61:03,000 --> 00:62:00,000\nminute 61", 6, "no `start --> end` times"),
        ("2\n00:00:05,000 --> 00:00:04,000\nbackwards", 6, "it starts (5 s) after its end (4 s)"),
        ("2\n00:00:03,000 --> 00:00:04,000\none\n3\n00:00:04,000 --> 00:00:05,000\ntwo", 6, "no blank line"),
        ("text after a blank line", 5, "no `start --> end` times"),
    ],
)
def test_a_bad_cue_is_named_and_the_others_stay(parse, cue, line, cause):
    good = "{}\n00:00:0{},000 --> 00:00:0{},500\ngood\n\n"
    sentences, refused = parse("v.srt", good.format(1, 1, 1) + cue + "\n\n" + good.format(9, 8, 8))
    assert [sentence.start for sentence in sentences] == [1.0, 8.0]
    assert [where for where, _ in refused] == [f"v.srt:{line}"]
    assert refused[0][1].startswith(cause)


def test_a_file_that_is_not_utf8(parse):
    sentences, refused = parse("v.srt", "1\n00:00:00,000 --> 00:00:01,000\ncafé\n".encode("latin-1"))
    assert (sentences, refused) == ([], [("v.srt", "not UTF-8 text (byte 0xe9)")])


def test_cleaning_as_tvr_does():
    assert clean("Sheldon:(sighs)\nWhat's [that]? 12:30") == "Sheldon : sighs What's that ? 12 : 30"


def test_json_lines(tmp_path):
    rows = [
        {"vid_name": "a", "sub": [{"text": "Penny : Hi.\n", "start": 0, "end": 1.5},
                                  {"text": "x", "start": "0", "end": 1}, {"start": 0, "end": 1},
                                  {"text": "y", "start": 2, "end": 1}, {"text": "", "start": 0, "end": 1}]},
        {"vid_name": "b", "sub": {"text": "no list"}},
        {"vid_name": "../c", "sub": []},
        {"vid_name": "not wanted", "sub": [{"text": "z", "start": 0, "end": 1}]},
    ]  # fmt: skip
    (tmp_path / "s.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    annotations = Annotations(tmp_path)
    read_jsonl(annotations, tmp_path / "s.jsonl", wanted=lambda video_id: video_id != "not wanted")
    assert [(where, track.sentences) for where, track in annotations.subtitles] == [
        ("s.jsonl:1", (Sentence("Penny : Hi.", 0.0, 1.5),))
    ]
    assert [(r.where, r.id, r.cause) for r in annotations.refused] == [
        ("s.jsonl:1 sub[1]", "a", "`start` is not a number: 0"),
        ("s.jsonl:1 sub[2]", "a", 'not a {"text", "start", "end"} object'),
        ("s.jsonl:1 sub[3]", "a", "it starts (2 s) after its end (1 s)"),
        ("s.jsonl:2", "b", "`sub` is not a list"),
        ("s.jsonl:3", "../c", "`vid_name` holds a slash or backslash; an id is a plain name, not a path"),
    ]


@pytest.mark.parametrize(
    ("name", "cues", "first", "last"),
    [
        ("sample_videos/nasa_13013.srt", 4,
         Sentence("NAR : This is the optical and science segment of the Webb", 0.21, 4.26),
         Sentence("This half of the observatory element successfully", 12.47, 16.57)),
        ("sample_videos/mdn_friday.vtt", 5, Sentence("Hildy!", 0.0, 0.999),
         Sentence("Somebody must've stolen the crown jewels", 4.3, 6.0)),
        ("videos_formats/mdn_rabbit320_subtitles_en.vtt", 3, Sentence("This is the first subtitle.", 2.01, 3.5),
         Sentence("And this is the third!", 6.901, 8.0)),
    ],
)  # fmt: skip
def test_real_ones(real_data, parse, name, cues, first, last):
    path = real_data / name
    sentences, refused = parse(path.name, path.read_bytes())
    assert (len(sentences), sentences[0], sentences[-1], refused) == (cues, first, last, [])
