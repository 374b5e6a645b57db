"""Which queries are shown, and where their bars stand."""

import pytest

from pipeline.report.examples import choose, example

LINKS = {"v": "../v.mp4"}


def row(query_id, rank, video_id, iou=None):
    return {"query_id": query_id, "rank": rank, "video_id": video_id, "iou": iou}


ROWS = [
    row("a", 1, "v1", 0.2),
    row("b", 1, "v1", 0.9),
    row("c", 1, "v2", 0.5),
    row("d", 7, "v3", 0.8),
    row("e", 9, "v4", None),
    row("f", 9, "v4", 0.7),
    row("g", 1, "v5", None),
]


def ids(rows):
    return [row["query_id"] for row in rows]


def test_hits_are_hits_and_misses_are_misses():
    hits, misses = choose(ROWS, 100)
    assert sorted(ids(hits)) == ["b", "c", "g"] and sorted(ids(misses)) == ["d", "e", "f"]
    assert choose([row("d", 7, "v3", 0.0)], 12) == ([], [row("d", 7, "v3", 0.0)])
    assert choose([row("b", 1, "v1", 0.9)], 12) == ([row("b", 1, "v1", 0.9)], [])


def test_misses_are_the_worst_of_different_videos():
    assert ids(choose(ROWS, 4)[1])[1] == "d" and ids(choose(ROWS, 2)[1])[0] in "ef"


def test_hits_vary_with_the_query_and_not_with_the_order():
    many = [row(f"v{video}#{event}", 1, f"v{video}", 0.9) for video in range(20) for event in range(3)]
    hits, _ = choose(many, 12)
    assert len({hit["video_id"] for hit in hits}) == 6 and len({hit["query_id"][-1] for hit in hits}) > 1
    assert choose(many[::-1], 12)[0] == hits


def test_none_where_none_are_asked_for():
    assert choose(ROWS, 0) == ([], [])


@pytest.fixture
def asked():
    query = {
        **row("a", 1, "v", 0.5),
        "text": "something",
        "score": 0.5,
        "spans": [[2.0, 4.0], [18.0, 25.0]],
        "type": "vt",
        "true_video": {
            **{"score": 0.5, "start": 5.0, "end": 10.0, "moment": 1},
            "spans": [[5.0, 10.0, 0.9], [4.0, 10.0, 0.6], [0.0, 30.0, 0.1]],
        },
        "ranking": [{"video_id": "v", "score": 0.5, "start": 5.0, "end": 10.0, "moment": 1}],
    }
    video = {"video_id": "v", "duration": 20.0, "moments": [[0.0, 20.0], [5.0, 10.0]]}
    return query, video


@pytest.fixture
def shown(asked):
    return example(*asked, None, {"v": "no such file"}, LINKS)


def test_bars_are_shares_of_the_video_and_end_with_it(shown):
    bars = {track["name"]: track["bars"] for track in shown["tracks"]}
    assert bars == {
        "annotated": [(10.0, 10.0), (90.0, 10.0)],
        "predicted": [(25.0, 25.0)],
        "best 3": [(25.0, 25.0), (20.0, 30.0), (0.0, 100.0)],
        "moment 1": [(0.0, 100.0)],
        "moment 2": [(25.0, 25.0)],
    }


def test_the_chosen_moment_is_marked(shown):
    assert [track["kind"] for track in shown["tracks"]][3:] == ["moment", "moment chosen"]


def test_an_unreadable_video_has_a_note_and_no_picture(shown):
    assert shown["note"] == "no such file" and shown["strip"] == []
    assert shown["found"][0]["own"] and shown["found"][0]["picture"] is None


def test_the_best_spans_have_the_scores_of_the_first_and_the_last(shown):
    assert [track["scores"] for track in shown["tracks"]] == [None, None, (0.9, 0.1), None, None]


def test_a_localizer_without_spans_of_the_video_has_no_line(asked):
    query, video = asked
    query["true_video"]["spans"] = []
    shown = example(query, video, None, {"v": "no such file"}, LINKS)
    assert [track["name"] for track in shown["tracks"]] == ["annotated", "predicted", "moment 1", "moment 2"]


def test_lines_are_drawn_where_the_localizer_has_boundaries(asked, shown):
    boundaries = {"clip_ends": [10.0, 20.0], "start": [0.9, 0.1], "end": [0.2, 0.8]}
    assert [curve["name"] for curve in example(*asked, boundaries, {"v": ""}, LINKS)["curves"]] == ["start", "end"]
    assert shown["curves"] == []


@pytest.mark.parametrize(("kind", "words"), [("v", "seen"), ("t", "said"), ("vt", "seen + said"), ("", None)])
def test_the_type_is_said_in_words(asked, kind, words):
    query, video = asked
    assert example({**query, "type": kind}, video, None, {"v": ""}, LINKS)["type"] == words
