"""The folder data set: every accepted layout, and every kind of bad input named while the good goes on."""

import json
import shutil
from types import SimpleNamespace

import pytest
from helpers.sections import prepare_params

from pipeline.annotations.folder import reader as folder
from pipeline.core.encoding import SAVE_AS_UTF8
from pipeline.core.errors import PipelineError
from pipeline.core.manifest import Query, Sentence

NO_PATH = "holds a slash or backslash; an id is a plain name, not a path"
SEEN = "a model would be tested on what it has seen"
ITS_NAME = "its name without the extension is the id"
BY_NAME = "its id is the file name without the extension"
PARAMS = SimpleNamespace(prepare=prepare_params())
GOOD = {"vid_name": "a", "desc": "A ball rolls.", "ts": [0, 1.5]}


def refusals(assembled):
    return [(r.what, r.id, r.where, r.cause) for r in assembled.refused]


POISON = [
    ({"vid_name": "zebra"}, f"unknown video 'zebra'; {BY_NAME}; known are 'b', 'a'"),
    ({"vid_name": "a.txt"}, f"unknown video 'a.txt'; {BY_NAME}; known are 'a', 'b'"),
    ({"vid_name": None}, "`vid_name` is missing or empty"),
    ({"vid_name": ""}, "`vid_name` is missing or empty"),
    ({"vid_name": ["a"]}, "`vid_name` is neither a text nor a whole number"),
    ({"vid_name": "../a"}, f"`vid_name` {NO_PATH}"),
    ({"vid_name": "/a"}, f"`vid_name` {NO_PATH}"),
    ({"vid_name": "a\0"}, "`vid_name` holds a line break, a control character or broken text"),
    ({"vid_name": ".."}, "`vid_name` is '..', which names a folder"),
    ({"vid_name": "a" * 201}, "`vid_name` is longer than 200 bytes"),
    ({"desc_id": "first"}, "the query id is used twice, first at queries.jsonl:1"),
    ({"desc_id": "x/y"}, f"`desc_id` {NO_PATH}"),
    ({"desc_id": 1.5}, "`desc_id` is neither a text nor a whole number"),
    ({"desc_id": "q\n"}, "`desc_id` holds a line break, a control character or broken text"),
    ({"desc": None}, "`desc` is missing"),
    ({"desc": " ... "}, "`desc` holds no word"),
    ({"desc": ["A", "ball"]}, "`desc` is not a text"),
    ({"desc": "\ud800 ball"}, "`desc` is not valid Unicode text"),
    ({"ts": [1.5, 1]}, "the span starts (1.5 s) after its end (1 s)"),
    ({"ts": [1, 3.5]}, "the span 1 to 3.5 s is beyond the video's end (2 s)"),
    ({"ts": [2.1, 2.2]}, "the span 2.1 to 2.2 s is beyond the video's end (2 s)"),
    ({"ts": [-1, 1]}, "`ts` is negative: -1"),
    ({"ts": [float("nan"), 1]}, "`ts` is missing: "),
    ({"ts": [0, float("inf")]}, "`ts` is not a finite number"),
    ({"ts": ["one", 1]}, "`ts` is not a number: one"),
    ({"ts": [True, 1]}, "`ts` is not a number: True"),
    ({"ts": [0, None]}, "`ts` is missing: "),
    ({"ts": [0]}, "`ts` is not a [start, end] pair"),
    ({"ts": "0 1 2"}, "`ts` is not a [start, end] pair"),
    ({"ts": [0, 1], "end": 2}, "`ts` says another time than `start` and `end`"),
    ({"duration": "long"}, "`duration` is not a number: long"),
    ({"duration": 0}, "`duration` is zero"),
    ({"type": "seen"}, "`type` is 'seen', not one of v, t, vt"),
    ({"split": "training"}, "`split` is 'training', not one of train, val, test"),
]


@pytest.mark.parametrize(("change", "cause"), POISON, ids=[cause[:60] for _, cause in POISON])
def test_a_poisoned_query_is_named_and_the_good_go_on(make_folder, read_folder, change, cause):
    rows = [{**GOOD, "desc_id": "first"}, {**GOOD, "desc_id": "poison", **change}, {**GOOD, "desc_id": "last"}]
    result = read_folder(make_folder(["a", "b"], rows))
    assert [query.query_id for query in result.queries] == ["first", "last"]
    assert [(where, said) for _, _, where, said in refusals(result)] == [("queries.jsonl:2", cause)]
    assert result.failed_share("query") == (1, 3) and result.failed_share("video") == (0, 2)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (
            b'{"vid_name": "a", "desc": "caf\xe9"}',
            f"not UTF-8 text (byte 0xe9), most likely windows-1252: {SAVE_AS_UTF8}",
        ),
        (b'{"vid_name": "a", "desc": 5.', "not valid JSON: Expecting ',' delimiter: line 1 column 28 (char 27)"),
        (b'["a", "A ball rolls."]', "not a JSON object"),
    ],
)
def test_a_poisoned_line_is_named_and_the_good_go_on(make_folder, read_folder, line, cause):
    good = json.dumps(GOOD).encode()
    result = read_folder(make_folder(["a", "b"], b"\n".join([good, line, b"", good])))
    assert [query.query_id for query in result.queries] == ["a#0", "a#1"]
    assert refusals(result) == [("query", "", "queries.jsonl:2", cause)]


def test_a_bad_video_takes_its_queries_along_without_a_second_punishment(make_folder, read_folder):
    rows = [{"vid_name": name, "desc": f"Number {k}."} for name in ("a", "broken") for k in range(3)]
    source = make_folder(["a", "b"], rows)
    (source / "videos" / "broken.mp4").write_bytes(b"")
    (source / "videos" / "b.mkv").touch()
    result = read_folder(source)
    assert refusals(result) == [
        ("video", "b", "videos/b.mkv and videos/b.mp4", "the same id is given by 2 files: keep one"),
        ("video", "broken", "videos/broken.mp4", "the file is empty"),
    ]
    assert [(r.id, r.where, r.cause) for r in result.with_video] == [
        (f"broken#{k}", f"queries.jsonl:{4 + k}", "its video was refused") for k in range(3)
    ]
    assert result.failed_share("query") == (0, 6) and result.failed_share("video") == (2, 3)
    assert [query.query_id for query in result.queries] == ["a#0", "a#1", "a#2"]


def test_a_file_name_that_is_no_id(make_folder, read_folder):
    source = make_folder(["a", "line\nbreak"], [GOOD])
    result = read_folder(source)
    cause = "`the file name` holds a line break, a control character or broken text"
    assert refusals(result) == [("video", "line\\nbreak.mp4", "videos/line\\nbreak.mp4", cause)]
    assert [video.video_id for video in result.videos] == ["a"]


def test_a_span_a_little_beyond_the_end_is_clipped_and_counted(make_folder, read_folder):
    result = read_folder(make_folder(["a"], [{**GOOD, "ts": [1, 2.9]}, {**GOOD, "ts": [0, 2]}]))
    assert [query.spans for query in result.queries] == [((1.0, 2.0),), ((0.0, 2.0),)]
    assert result.dropped["spans_clipped"] == (1, 2)


def test_a_span_of_no_length_is_none_and_its_query_stays(make_folder, read_folder):
    result = read_folder(make_folder(["a"], [{**GOOD, "ts": [0, 0]}, {**GOOD, "ts": [9, 9]}, GOOD]))
    assert [query.spans for query in result.queries] == [(), (), ((0.0, 1.5),)]
    cause = "the span 0 to 0 s has no length, so the query has no time there"
    assert refusals(result)[0] == ("span", "a#0", "queries.jsonl:1", cause)
    assert result.dropped["spans_without_length"] == (2, 3) and result.dropped["spans_refused"] == (0, 3)
    assert result.failed_share("query") == (0, 3)


FIRST_SECOND = prepare_params(val_fraction=0, test_fraction=0, max_seconds=1.0)


def test_only_the_first_seconds_are_used_where_a_data_set_says_so(make_folder, read_folder):
    source = make_folder(["a", "b"], [{**GOOD, "ts": [0, 1.9]}, {**GOOD, "ts": [1.2, 2]}])
    (source / "a.srt").write_text("1\n00:00:00,500 --> 00:00:01,900\nhello\n\n2\n00:00:01,500 --> 00:00:02,000\nlate\n")
    result = read_folder(source, prepare=FIRST_SECOND)
    assert {(video.duration, video.used_seconds) for video in result.videos} == {(2.0, 1.0)}
    assert [query.spans for query in result.queries] == [((0.0, 1.0),)]
    assert "the span 1.2 to 2 s is beyond the 1 s that are used of each video (prepare.max_seconds)" in str(
        refusals(result)
    )
    assert result.subtitles[0].sentences == (Sentence("hello", 0.5, 1.0),)
    assert result.dropped["videos_cut"] == (2, 2) and result.dropped["sentences_outside"] == (1, 2)
    assert {video.used_seconds for video in read_folder(source).videos} == {2.0}


def test_ids_are_made_in_file_order_and_text_and_type_are_tidied(make_folder, read_folder):
    rows = [
        {"vid_name": "a", "desc": " One\tball. ", "type": "v"},
        {"vid_name": "b", "desc": "Two balls.", "desc_id": 7},
        {"vid_name": "a", "desc": "?"},
        {"vid_name": "a", "desc": "Three balls.", "ts": [0, 1]},
    ]
    result = read_folder(make_folder(["a", "b", "c"], rows), protocol="published")
    assert {query.query_id: (query.text, query.spans) for query in result.queries} == {
        "a#0": ("One ball.", ()),
        "7": ("Two balls.", ()),
        "a#2": ("Three balls.", ((0.0, 1.0),)),
    }
    assert {query.query_id: query.type for query in result.queries} == {"a#0": "v", "7": "", "a#2": ""}
    assert {video.video_id: video.splits for video in result.videos}["c"] == ("test",)


NFC, NFD = "caf\u00e9 \u30d1", "cafe\u0301 \u30cf\u309a"


@pytest.mark.parametrize("of_file", [NFC, NFD])
def test_an_accent_is_one_letter_however_it_is_written(make_folder, read_folder, of_file):
    source = make_folder([of_file, "b"], [{"vid_name": name, "desc": "A ball."} for name in (NFC, NFD, "b")])
    (source / f"{NFD}.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nhi\n")
    (source / "splits.json").write_text(json.dumps({"train": [NFD], "test": ["b"]}))
    result = read_folder(source, protocol="published")
    assert refusals(result) == [] and [track.video_id for track in result.subtitles] == [NFC]
    assert {video.video_id: video.splits for video in result.videos} == {NFC: ("train",), "b": ("test",)}
    assert [query.query_id for query in result.queries] == [f"{NFC}#0", f"{NFC}#1", "b#0"]


def test_two_files_that_are_one_id_are_refused_with_both_names(make_folder, read_folder):
    result = read_folder(make_folder([NFC, NFD, "b"], [GOOD]))
    ((what, name, where, cause),) = [row for row in refusals(result) if row[0] == "video"]
    assert (name, where) == (NFC, f"videos/{NFD}.mp4 and videos/{NFC}.mp4")
    assert cause.startswith("the same id is given by 2 files: keep one (their names differ in how Unicode")


def test_splits_by_file_by_field_and_by_list(make_folder, read_folder):
    given = (("a", "train"), ("b", "val"), ("c", "test"))
    rows = [{"vid_name": name, "desc": "A ball.", "split": split} for name, split in given]
    expected = {"a": ("train",), "b": ("val",), "c": ("test",), "d": ("test",)}
    source = make_folder(["a", "b", "c", "d"], rows)

    def found():
        return {video.video_id: video.splits for video in read_folder(source).videos}

    assert found() == expected
    (source / "queries.jsonl").unlink()
    for row in rows:
        (source / f"{row['split']}.jsonl").write_text(json.dumps({"vid_name": row["vid_name"], "desc": "A ball."}))
    assert found() == expected
    for row in rows:
        (source / f"{row['split']}.jsonl").write_text(json.dumps({**row, "split": None}))
    assert found() == expected
    (source / "splits.json").write_text('{"val": ["d"]}')
    assert found() == {**expected, "d": ("val",)}


def test_splits_that_contradict(make_folder, read_folder):
    rows = [
        {"vid_name": "a", "desc": "One.", "split": "train"},
        {"vid_name": "b", "desc": "Two.", "split": "train"},
        {"vid_name": "b", "desc": "Three.", "split": "test"},
        {"vid_name": "c", "desc": "Four."},
        {"vid_name": "d", "desc": "Five.", "split": "val"},
        {"vid_name": "d", "desc": "Six.", "split": "test"},
    ]
    source = make_folder(["a", "b", "c", "d"], rows)
    (source / "splits.json").write_text('{"train": ["gone", "x/y"]}')
    result = read_folder(source, protocol="published")
    assert refusals(result) == [
        ("video", "x/y", "splits.json:train[1]", f"`video id` {NO_PATH}"),
        ("video", "gone", "videos", f"no video file of this name ({ITS_NAME}); known are 'a', 'b', 'c' and 1 more"),
        ("video", "b", "videos/b.mp4", f"it is in train and in test: {SEEN}"),
        ("query", "c#0", "queries.jsonl:4", "no split is named for its video, while others have one"),
    ]
    assert {query.query_id: query.split for query in result.queries} == {"a#0": "train", "d#0": "val", "d#1": "test"}
    assert {video.video_id: video.splits for video in result.videos}["d"] == ("val", "test")


def test_subtitles_beside_the_videos(make_folder, read_folder):
    source = make_folder(["a", "b", "c"], [GOOD])
    cue = "1\n00:00:00,500 --> 00:00:0{},000\nhello\n"
    (source / "videos" / "a.srt").write_text(cue.format(9) + "\n2\n00:00:05,000 --> 00:00:06,000\nlate\n")
    (source / "b.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nhi\n")
    (source / "unknown.srt").write_text(cue.format(1))
    (source / "subs").mkdir()
    (source / "subs" / "c.srt").write_text(cue.format(1))
    row = {"vid_name": "c", "sub": [{"text": "again", "start": 0, "end": 1}]}
    (source / "subtitles.jsonl").write_text(json.dumps(row))
    result = read_folder(source)
    assert {track.video_id: track.sentences for track in result.subtitles} == {
        "a": (Sentence("hello", 0.5, 2.0),),
        "b": (Sentence("hi", 0.0, 1.0),),
    }
    assert refusals(result) == [
        (
            "subtitle",
            "unknown",
            "unknown.srt",
            "no video of this name, or of this name without a language such as `.en`",
        ),
        ("subtitle", "c", "subs/c.srt and subtitles.jsonl:1", "2 subtitle tracks for one video: keep one"),
        ("subtitle", "a", "videos/a.srt", "1 of 2 sentences start after the video's end (2 s)"),
    ]


def test_videos_straight_in_the_source(tmp_path, two_seconds, read_folder):
    shutil.copyfile(two_seconds, tmp_path / "a.mp4")
    (tmp_path / "queries.jsonl").write_text(json.dumps(GOOD))
    assert read_folder(tmp_path).queries == [Query("a#0", "a", "A ball rolls.", "train", ((0.0, 1.5),))]


def test_a_folder_that_is_no_data_set(tmp_path, make_folder):
    with pytest.raises(PipelineError, match="no video file"):
        folder.read(make_folder([], [GOOD]), PARAMS)
    source = make_folder(["a"], [GOOD], name="two_kinds")
    (source / "queries.csv").write_text("vid_name,desc\n")
    with pytest.raises(PipelineError, match="both queries.jsonl and queries.csv hold queries"):
        folder.read(source, PARAMS)
    for name in ("queries.csv", "queries.jsonl"):
        (source / name).unlink()
    (source / "queries.jsonl").write_text(json.dumps(GOOD))
    (source / "splits.json").write_text('{"training": ["a"]}')
    with pytest.raises(PipelineError, match=r"splits\.json: not an object of lists"):
        folder.read(source, PARAMS)


def test_the_real_sample(real_data, read_folder):
    result = read_folder(real_data / "sample_videos")
    assert (len(result.videos), len(result.queries), len(result.subtitles)) == (12, 41, 2)
    assert result.refused == [] and result.dropped["durations_differ"][0] == 0
    assert {video.splits for video in result.videos} == {("train",), ("val",), ("test",)}
