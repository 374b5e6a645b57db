"""Results as programs read them."""

import json
from dataclasses import replace

import pytest
from helpers.searching import HOSTILE, PLAIN, FakeSearch

from pipeline.search.answers import COLUMNS, as_json, as_rows
from pipeline.search.results import Moment

RESULTS = FakeSearch(fits=False).search("a dog runs into the water", 100)


def test_json_holds_all_that_was_found():
    read = json.loads(json.dumps(as_json(RESULTS)))
    assert {key: read[key] for key in ("query", "videos", "fits", "cut")} == {
        "query": RESULTS.query, "videos": len(PLAIN) + len(HOSTILE), "fits": False, "cut": 0,
    }  # fmt: skip
    for row, hit in zip(read["hits"], RESULTS.hits, strict=True):
        assert (row["rank"], row["id"], row["name"]) == (hit.rank, hit.video.video_id, hit.video.name)
        assert (row["start"], row["end"]) == tuple(row["moments"][0][:2]) == (hit.start, hit.end)
        assert (row["score"], row["unusual"], row["duration"]) == (hit.score, hit.unusual, hit.video.duration)
        assert len(row["similarity"]) == len(hit.similarity) > 0
        for clip, expected in zip(row["similarity"], hit.similarity, strict=True):
            assert clip == pytest.approx(expected, abs=1e-3)
        assert row["subtitle"] == hit.subtitle


def test_numbers_that_json_does_not_have_are_null():
    low = float("-inf")
    hit = replace(RESULTS.hits[0], unusual=float("nan"), moments=(Moment(0, 0, low),), similarity=((0, 2, low),))
    read = json.loads(json.dumps(as_json(replace(RESULTS, hits=(hit,)))), parse_constant=pytest.fail)["hits"][0]
    assert (read["unusual"], read["moments"], read["similarity"]) == (None, [[0, 0, None]], [[0, 2, None]])


def test_the_path_of_a_video_is_not_told():
    assert "/videos" not in json.dumps(as_json(RESULTS))


def test_rows_have_a_header_and_a_value_for_each_column():
    header, *rows = as_rows(RESULTS)
    assert header == COLUMNS and all(len(row) == len(COLUMNS) for row in rows)
    assert rows[0][:5] == (1, "lake", "trips/lake/dog.mp4", 4.0, 8.0) and rows[0][-1] == "A dog runs into the water."


def test_rows_without_hits_are_the_header():
    assert list(as_rows(replace(RESULTS, hits=()))) == [COLUMNS]
