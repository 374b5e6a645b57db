"""What the page lists of videos and queries: each once, no more than can be looked through, and small."""

import json

import pytest

from pipeline.core.manifest import Query, Video
from pipeline.report import videos
from pipeline.report.videos import MOST_PICTURES, MOST_QUERIES, MOST_VIDEOS, listed, spread
from pipeline.video.params import DecodeParams

LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)


def corpus(count, path=None):
    return [Video(f"video_{n:06}", path, f"{n}", 61.25, ("train",) if n % 2 else ("val", "test")) for n in range(count)]


def ranked(number, own, first):
    return {
        "query_id": f"query_{number:06}",
        "text": "a person walks through the door and opens the window behind it",
        "video_id": own,
        "rank": 1 + number,
        "iou": None if number % 2 else 0.123456,
        "spans": [[1.25, 3.0]],
        "true_video": {"start": 1.0, "end": 2.5, "score": 0.1, "moment": None, "spans": []},
        "ranking": [{"video_id": first, "score": 0.5, "start": 1.0, "end": 2.0, "moment": None}],
        "type": "vt" if number else None,
    }


@pytest.fixture
def pictured(monkeypatch):
    """The videos whose picture is taken; nothing is decoded."""
    found = []
    monkeypatch.setattr(videos, "one_picture", lambda video, limits: found.append(video.video_id) or "data:,picture")
    return found


def test_a_row_says_what_the_script_reads(pictured):
    queries = [Query("q", "video_000001", "", "train")]
    rankings = [ranked(0, "video_000002", "video_000001"), ranked(1, "video_000002", "video_000002")]
    found = listed(corpus(3, "a.mp4"), queries, {"video_000000"}, rankings, LIMITS)
    assert found["names"] == [(f"video_00000{n}", "../a.mp4") for n in range(3)]
    assert found["videos"] == [
        [0, "val, test", 61.2, 0, False, "data:,picture"],
        [1, "train", 61.2, 1, True, "data:,picture"],
        [2, "val, test", 61.2, 0, True, "data:,picture"],
    ]
    text = rankings[0]["text"]
    assert found["queries"] == [
        ["query_000000", text, 2, 1, 0.12, [[1.2, 3.0]], 1.0, 2.5, 1, ""],
        ["query_000001", text, 2, 2, None, [[1.2, 3.0]], 1.0, 2.5, 2, "seen + said"],
    ]


def test_what_is_listed_is_bounded_however_many_there_are(pictured):
    many = corpus(60_000, "/somewhere/on/a/large/disk/videos.mp4")
    rankings = [ranked(n, many[n].video_id, many[-n].video_id) for n in range(60_000)]
    found = listed(many, [], set(), rankings, LIMITS)
    assert (len(found["videos"]), len(found["queries"])) == (MOST_VIDEOS, MOST_QUERIES)
    assert len(pictured) == MOST_PICTURES and pictured[0] == "video_000000" and pictured[-1] > "video_0595"
    assert len(json.dumps(found, separators=(",", ":"))) < 12e6


def test_videos_without_files_have_no_pictures(pictured):
    found = listed(corpus(2), [], set(), [], LIMITS)
    assert pictured == [] and [row[5] for row in found["videos"]] == [None, None]


def test_chosen_things_are_spread_evenly_over_all():
    assert spread(range(20), 3) == [0, 6, 13] and spread(range(3), 20) == [0, 1, 2] and spread(range(3), 0) == []
