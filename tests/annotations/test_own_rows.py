"""Rows of a user's own queries: what is read as it is meant and noted, and what is refused but can be corrected."""

import json
import math

import pytest
from helpers.sections import prepare_params

from pipeline.annotations.common.corrections import DECIMALS, ENCODING, LETTERS, MILLISECONDS, PATHS, TEXTS, TYPO

NAN = math.nan
IN_ROWS = [
    ({"vid_name": "Beach_Day"}, "beach_day", (), [(LETTERS, "vid_name", "beach_day")]),
    ({"vid_name": "beach_day.mp4"}, "beach_day", (), [(PATHS, "vid_name", "beach_day")]),
    ({"vid_name": 12.0}, "12", (), [(DECIMALS, "vid_name", "12")]),
    ({"vid_name": 12}, "12", (), []),
    ({"vid_name": "12", "desc_id": 7.0}, "12", (), [(DECIMALS, "desc_id", 7)]),
    ({"vid_name": "12", "desc_id": NAN, "split": NAN, "type": "nan", "ts": [NAN, NAN]}, "12", (), []),
    ({"vid_name": "12", "ts": ["0:00.5", "1"]}, "12", ((0.5, 1.0),), [(TEXTS, "ts", [0.5, 1.0])]),
    ({"vid_name": "12", "ts": "0.5 - 1"}, "12", ((0.5, 1.0),), [(TEXTS, "ts", [0.5, 1.0])]),
    ({"vid_name": "12", "start": 0.5, "end": 1}, "12", ((0.5, 1.0),), []),
    ({"vid_name": "12", "start": None, "end": NAN}, "12", (), []),
    ({"vid_name": "12", "ts": [0.5, 1], "start": 0.5, "end": 1}, "12", ((0.5, 1.0),), []),
]


@pytest.fixture
def read(make_folder, read_noting):
    """read(*rows) -> what `prepare` makes of them, and all corrections as (where, kind, field, meant)."""

    def read(*rows, ids=("beach_day", "12", "other")):
        annotations, assembled = read_noting(make_folder(list(ids), list(rows)))
        return assembled, [(one.where, one.kind, one.field, one.meant) for one in annotations.corrections]

    return read


@pytest.mark.parametrize(("row", "video_id", "spans", "noted"), IN_ROWS, ids=[json.dumps(row) for row, *_ in IN_ROWS])
def test_what_can_mean_one_thing_is_read_so_and_noted(read, row, video_id, spans, noted):
    assembled, corrections = read({"desc": "A ball.", **row})
    assert [(query.video_id, query.spans) for query in assembled.queries] == [(video_id, spans)]
    assert assembled.refused == [] and corrections == [("queries.jsonl:1", *one) for one in noted]


def test_ids_of_queries_count_the_video_that_is_meant(read):
    assembled, _ = read(*({"vid_name": name, "desc": "A ball."} for name in ("BEACH_DAY", "beach_day", 12.0, "12")))
    assert [query.query_id for query in assembled.queries] == ["beach_day#0", "beach_day#1", "12#0", "12#1"]


def test_a_typo_is_refused_with_the_nearest_id_and_can_be_corrected(read):
    assembled, corrections = read({"vid_name": "baech_day", "desc": "A ball."}, {"vid_name": "12", "desc": "A ball."})
    assert corrections == [("queries.jsonl:1", TYPO, "vid_name", "beach_day")]
    assert assembled.refused[0].cause.startswith("unknown video 'baech_day'; ")
    assert "known are 'beach_day'" in assembled.refused[0].cause


def test_splits_name_videos_as_queries_do(make_folder, read_noting):
    source = make_folder(["a", "b", "c"], [{"vid_name": name, "desc": "A ball."} for name in "abc"])
    (source / "splits.json").write_text('{"train": ["A", "b.mp4"], "test": ["c"]}')
    annotations, result = read_noting(source, protocol="published")
    assert [video.splits for video in result.videos] == [("train",), ("train",), ("test",)]
    assert result.refused == []
    assert [one.where for one in annotations.corrections] == ["splits.json:train[0]", "splits.json:train[1]"]


def test_milliseconds_and_older_encodings_are_named(read, make_folder, read_noting):
    assembled, corrections = read({"vid_name": "12", "desc": "A ball.", "ts": [500, 1500]})
    assert "; in milliseconds it is 0.5 to 1.5 s" in assembled.refused[0].cause
    assert corrections == [("queries.jsonl:1", MILLISECONDS, "ts", [0.5, 1.5])]
    old = '{"vid_name": "a", "desc": "Un café en été"}\n{"vid_name": "a", "desc": "A ball."}'.encode("cp1252")
    annotations, result = read_noting(make_folder(["a"], old, name="old"))
    assert [query.text for query in result.queries] == ["A ball."]
    assert "byte 0xe9), most likely windows-1252" in result.refused[0].cause
    assert [(one.kind, one.where) for one in annotations.corrections] == [(ENCODING, "queries.jsonl:1")]


def test_fields_that_are_not_read_are_noted(make_folder, read_noting):
    source = make_folder(["a"], [{"vid_name": "a", "desc": "A ball.", "caption": "x"}])
    assert read_noting(source)[0].unread_columns == {"queries.jsonl": ["caption"]}


@pytest.fixture
def two_cameras(make_folder, two_seconds):
    """A folder of two cameras that call their files alike, and a subtitle file of one of them."""
    names = ("cam1/GOPR.MP4", "cam2\\GOPR", "videos/cam2/GOPR.mp4", "GOPR", "other")
    source = make_folder(["other"], [{"vid_name": name, "desc": "A ball."} for name in names])
    for camera in ("cam1", "cam2"):
        (source / "videos" / camera).mkdir()
        (source / "videos" / camera / "GOPR.mp4").write_bytes(two_seconds.read_bytes() + camera.encode())
    (source / "subs" / "cam2").mkdir(parents=True)
    (source / "subs" / "cam2" / "GOPR.en.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n")
    return source


def test_one_name_in_two_folders_is_refused_and_the_parameter_offered(two_cameras, read_noting):
    annotations, result = read_noting(two_cameras)
    (refused,) = [one for one in result.refused if one.what == "video"]
    assert refused.where == "videos/cam1/GOPR.mp4 and videos/cam2/GOPR.mp4"
    assert "or set `prepare.video_ids: path`" in refused.cause
    assert len(result.with_video) == 4 and annotations.corrections == []  # a correction would lose the camera


def test_ids_by_path_tell_the_folders_apart(two_cameras, read_folder):
    result = read_folder(two_cameras, prepare=prepare_params(video_ids="path"))
    assert {video.video_id for video in result.videos} == {"cam1:GOPR", "cam2:GOPR", "other"}
    assert [query.query_id for query in result.queries] == ["cam1:GOPR#0", "cam2:GOPR#0", "cam2:GOPR#1", "other#0"]
    assert [track.video_id for track in result.subtitles] == ["cam2:GOPR"]
    (refused,) = result.refused
    assert "'GOPR' may be any of 2 videos: 'cam1:GOPR', 'cam2:GOPR'" in refused.cause


@pytest.mark.parametrize("name", ["Queries.CSV", "queries.xlsx", "queries.csv.txt", "queries.tsv"])
def test_a_file_of_queries_under_another_name_is_named(make_folder, read_noting, name):
    source = make_folder(["a"], [])
    (source / "queries.jsonl").rename(source / name)
    assert f"train.jsonl, but {name}: name it so" in read_noting(source)[0].no_queries
