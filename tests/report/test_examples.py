"""Which queries are shown, and where their bars stand."""

import pytest

from pipeline.report.examples import choose, example


def row(query_id, rank, video_id, iou=None):
    return {"query_id": query_id, "rank": rank, "video_id": video_id, "iou": iou}


ROWS = [
    row("a", 1, "v1", 0.2),
    row("b", 1, "v1", 0.9),
    row("c", 1, "v2", 0.5),
    row("d", 7, "v3", 0.8),
    row("e", 9, "v4", None),
    row("f", 9, "v4", 0.7),
]


def ids(rows):
    return [row["query_id"] for row in rows]


def test_best_and_worst_of_different_videos():
    best, worst = choose(ROWS, 4)
    assert (ids(best), ids(worst)) == (["b", "c"], ["e", "d"])


def test_no_query_is_shown_twice_when_there_are_few():
    best, worst = choose(ROWS, 100)
    assert len(best) == 6 and worst == []
    best, worst = choose(ROWS, 7)
    assert sorted(ids(best) + ids(worst)) == list("abcdef")


def test_none_where_none_are_asked_for():
    assert choose(ROWS, 0) == ([], [])


@pytest.fixture
def shown():
    query = {
        **row("a", 1, "v", 0.5),
        "text": "something",
        "score": 0.5,
        "spans": [[2.0, 4.0], [18.0, 25.0]],
        "true_video": {"score": 0.5, "start": 5.0, "end": 10.0, "moment": 1},
        "ranking": [{"video_id": "v", "score": 0.5, "start": 5.0, "end": 10.0, "moment": 1}],
    }
    video = {"video_id": "v", "duration": 20.0, "moments": [[0.0, 20.0], [5.0, 10.0]]}
    return example(query, video, {"v": "no such file"})


def test_bars_are_shares_of_the_video_and_end_with_it(shown):
    bars = {track["name"]: track["bars"] for track in shown["tracks"]}
    assert bars == {
        "annotated": [(10.0, 10.0), (90.0, 10.0)],
        "predicted": [(25.0, 25.0)],
        "moment 1": [(0.0, 100.0)],
        "moment 2": [(25.0, 25.0)],
    }


def test_the_chosen_moment_is_marked(shown):
    assert [track["kind"] for track in shown["tracks"]][2:] == ["moment", "moment chosen"]


def test_an_unreadable_video_has_a_note_and_no_picture(shown):
    assert shown["note"] == "no such file" and shown["strip"] == []
    assert shown["found"][0]["own"] and shown["found"][0]["picture"] is None
