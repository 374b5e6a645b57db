"""Subtitles of videos, from files of every format and from JSON lines: what is read, what is named, what is counted."""

import json
import os
from pathlib import Path

import pytest

from pipeline.annotations.common import subtitles
from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.subtitles import read_files, read_jsonl
from pipeline.core.errors import PipelineError
from pipeline.core.manifest import Sentence

CUE = "1\n00:00:0{0},000 --> 00:00:0{0},500\n{1}\n\n"
SRT = CUE.format(1, "Hello") + CUE.format(3, "(Joey:) there")
SENTENCES = [Sentence("Hello", 1.0, 1.5), Sentence("Joey : there", 3.0, 3.5)]


@pytest.fixture
def read(tmp_path):
    """read({file name: content}, ids) -> the annotations of a folder with these subtitle files and videos."""

    def read(files: dict[str, str | bytes], ids: list[str] | None = None, language: str = "auto") -> Annotations:
        for name, content in files.items():
            (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        annotations = Annotations(tmp_path)
        for video_id in ids or ["v"]:
            annotations.corpus[video_id] |= set()
        read_files(annotations, sorted(tmp_path.iterdir()), language)
        return annotations

    return read


def sentences_of(annotations: Annotations) -> list[Sentence]:
    return [sentence for _, track in annotations.subtitles for sentence in track.sentences]


def refused(annotations: Annotations) -> list[tuple[str, str, str]]:
    return [(one.where, one.id, one.cause) for one in annotations.refused]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("v.srt", SRT),
        ("v.SRT", SRT.replace("\n\n", "\n")),
        ("v.en.srt", SRT.encode("utf-16")),
        ("v.vtt", "WEBVTT\n\n00:01.000 --> 00:01.500\nHello\n\n00:03.000 --> 00:03.500\n<v Joey>(Joey:) there\n"),
        ("v.sbv", "0:00:01.000,0:00:01.500\nHello\n\n0:00:03.000,0:00:03.500\nJoey: there\n"),
        ("v.ass", "".join(f"Dialogue: 0,0:00:0{n}.00,0:00:0{n}.50,D,,0,0,0,,{text}\n"
                          for n, text in ((3, "{\\i1}Joey:{\\i0}\\Nthere"), (1, "Hello")))),
        ("v.ttml", "<tt><body><p begin='1s' dur='500ms'>Hello</p><p begin='3s' end='3.5s'>Joey: there</p></body></tt>"),
    ],
)  # fmt: skip
def test_every_format_gives_the_same_sentences(read, name, content):
    annotations = read({name: content})
    assert (sentences_of(annotations), refused(annotations)) == (SENTENCES, [])
    assert annotations.subtitle_counts.files == 1 and annotations.subtitle_counts.files_not_read == 0


@pytest.mark.parametrize("suffix", subtitles.NOT_READ)
def test_formats_that_are_not_read_are_named_with_advice(read, suffix):
    annotations = read({f"v{suffix}": "?", f"no video{suffix}": "?"})
    ((where, video_id, cause),) = refused(annotations)
    assert (where, video_id) == (f"v{suffix}", "v") and ".srt" in cause or ".vtt" in cause
    assert (annotations.subtitle_counts.files, annotations.subtitle_counts.files_not_read) == (1, 1)


def test_bad_cues_are_named_and_the_others_stay(read):
    bad = CUE.format(5, "caf").encode() + b"1\n00:00:06,000 --> 00:00:05,000\nback\n\n1\n00:00:07,000 -> x\nbroken\n\n"
    annotations = read({"v.srt": bad.replace(b"caf", "naïf ".encode() + b"\xe9") + SRT.encode()})
    assert sentences_of(annotations) == SENTENCES
    assert refused(annotations) == [
        ("v.srt:2", "v", "not UTF-8 text (byte 0xe9)"),
        ("v.srt:6", "v", "it starts (6 s) after its end (5 s)"),
        ("v.srt:10", "v", "no start and end as in 00:00:01,500 --> 00:00:03,000"),
    ]
    assert (annotations.subtitle_counts.cues_refused, annotations.subtitle_counts.cues) == (3, 5)


def test_of_many_bad_cues_the_first_are_named_and_all_are_counted(read):
    annotations = read({"v.srt": SRT + CUE.format("x", "bad") * 1000})
    assert len(annotations.refused) == subtitles.MOST_NAMED + 1
    assert refused(annotations)[-1] == ("v.srt", "v", f"{1000 - subtitles.MOST_NAMED} more cues that cannot be used")
    assert (annotations.subtitle_counts.cues, annotations.subtitle_counts.cues_refused) == (1002, 1000)


@pytest.mark.parametrize(
    ("name", "content", "cause"),
    [
        ("other.srt", SRT, "no video of this name"),
        ("v.srt", "", "no cue in it"),
        ("v.srt", CUE.format(1, "♪ ♪") + CUE.format("x", "bad"), "no words in any of its 2 cues"),
        ("v.srt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "zero bytes"),
        ("v.srt", b"a" * (subtitles.LARGEST + 1), "16 MiB are too much for subtitles"),
    ],
)
def test_a_file_that_is_not_read_is_named_and_counted(read, name, content, cause):
    annotations = read({name: content, "w.srt": SRT}, ids=["v", "w"])
    assert sentences_of(annotations) == SENTENCES
    assert refused(annotations)[-1][0] == name and cause in refused(annotations)[-1][2]
    numbers = annotations.subtitle_counts.numbers()
    assert (numbers["files"], numbers["files_not_read"]) == (2, 1)
    assert numbers["encodings"] == {"utf-8": 1}


def test_a_pipe_with_a_name_of_subtitles_stops_nothing(read, tmp_path):
    os.mkfifo(tmp_path / "v.srt")
    assert refused(read({})) == [("v.srt", "v", "not a regular file")]


def test_a_hundred_thousand_cues(read):
    cue = "{0}\n{1:02d}:{2:02d}:{3:02d},000 --> {1:02d}:{2:02d}:{3:02d},900\ncafé {0}\n\n"
    text = "".join(cue.format(n, n // 3600, n // 60 % 60, n % 60) for n in range(100_000))
    annotations = read({"v.srt": text.encode("cp1252")})
    assert len(sentences_of(annotations)) == 100_000 and sentences_of(annotations)[-1].text == "café 99999"


def test_of_several_files_one_is_chosen_and_the_others_are_counted(read):
    files = {"v.de.srt": CUE.format(1, "Hallo"), "v.en.srt": SRT, "w.srt": SRT}
    annotations = read(files, ["v", "w"], language="en")
    assert sentences_of(annotations) == SENTENCES * 2 and not annotations.refused
    assert (annotations.subtitle_counts.files, annotations.subtitle_counts.files_not_chosen) == (3, 1)


def test_without_a_language_several_are_not_guessed_from(read):
    annotations = read({"v.de.srt": SRT, "v.en.srt": SRT, "w.de.srt": SRT}, ["v", "w"])
    assert [track.video_id for _, track in annotations.subtitles] == ["w"]
    assert refused(annotations) == [
        ("v.de.srt and v.en.srt", "v", "subtitles in de, en: name one of them as prepare.subtitle_language")
    ]
    assert annotations.subtitle_counts.files_not_read == 2


def test_a_language_that_is_none_is_said_at_once(read):
    with pytest.raises(PipelineError, match="no language code"):
        read({}, language="klingon")


def test_json_lines(tmp_path):
    rows = [
        {"vid_name": "a", "sub": [{"text": "Penny : Hi.\n", "start": 0, "end": 1.5},
                                  {"text": "x", "start": "0", "end": 1}, {"start": 0, "end": 1},
                                  {"text": "y", "start": 2, "end": 1}, {"text": "", "start": 0, "end": 1},
                                  {"text": "before", "start": 0, "end": 1}]},
        {"vid_name": "b", "sub": {"text": "no list"}},
        {"vid_name": "../c", "sub": []},
        {"vid_name": "not wanted", "sub": [{"text": "z", "start": 0, "end": 1}]},
    ]  # fmt: skip
    (tmp_path / "s.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    annotations = Annotations(tmp_path)
    read_jsonl(annotations, tmp_path / "s.jsonl", wanted=lambda video_id: video_id != "not wanted")
    assert [(where, track.sentences) for where, track in annotations.subtitles] == [
        ("s.jsonl:1", (Sentence("Penny : Hi.", 0.0, 1.5), Sentence("before", 0.0, 1.0)))
    ]
    assert [(r.where, r.id, r.cause) for r in annotations.refused] == [
        ("s.jsonl:1 sub[1]", "a", "`start` is not a number: 0"),
        ("s.jsonl:1 sub[2]", "a", 'not a {"text", "start", "end"} object'),
        ("s.jsonl:1 sub[3]", "a", "it starts (2 s) after its end (1 s)"),
        ("s.jsonl:2", "b", "`sub` is not a list"),
        ("s.jsonl:3", "../c", "`vid_name` holds a slash or backslash; an id is a plain name, not a path"),
    ]
    counts = annotations.subtitle_counts
    assert (counts.cues, counts.cues_refused, counts.cues_silent) == (6, 3, 1)


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
def test_real_ones(real_data, read, name, cues, first, last):
    path = real_data / name
    annotations = read({path.name: path.read_bytes()}, ids=[path.stem])
    sentences = sentences_of(annotations)
    assert (len(sentences), sentences[0], sentences[-1], annotations.refused) == (cues, first, last, [])


@pytest.mark.parametrize(
    ("name", "sentences", "first", "encoding"),
    [
        ("10-auto-captions/yt_auto.vtt", 2, Sentence("welcome to the course", 0.469, 3.179), "utf-8"),
        ("10-auto-captions/webvtt-py_youtube_dl_vtt.vtt", 3, Sentence("yeah", 286.07, 286.47), "utf-8"),
        ("11-srt-without-blank-lines/srt_no_blank.srt", 3, Sentence("One apple.", 1.0, 4.0), "utf-8"),
        ("13-subtitle-encodings/pysrt_bom-utf-16-le_srt.srt", 7,
         Sentence("About 2 months ago I found myself on the comment section of YouTube", 6.5, 9.0), "utf-16"),
        ("13-subtitle-encodings/pysrt_windows-1252_srt.srt", 1330,
         Sentence("Downloaded From www.AllSubs.org", 1.0, 4.0), "windows-1252"),
        ("15-other-subtitle-formats/otherass.ass", 1, Sentence("Hello", 1.0, 2.0), "utf-8"),
        ("16-srt-out-of-order/credit_last.srt", 7, Sentence("Subtitles by somebody.", 0.0, 2.0), "utf-8"),
    ],
)  # fmt: skip
def test_files_as_people_have_them(read, name, sentences, first, encoding):
    if "AMDNET_CASES" not in os.environ:
        pytest.skip("AMDNET_CASES does not name the folder of cases")
    path = Path(os.environ["AMDNET_CASES"]) / name
    annotations = read({path.name: path.read_bytes()}, ids=[path.stem])
    found = sentences_of(annotations)
    assert (len(found), found[0], annotations.refused) == (sentences, first, [])
    assert annotations.subtitle_counts.encodings == {encoding: 1}
