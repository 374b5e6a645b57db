"""What prepare.json and the stage's lines say of what was left out."""

import json

from pipeline.annotations.common.dropped import sentence
from pipeline.core.left_out import WORDS


def test_every_kind_has_a_name_and_its_whole(make_folder, read_folder):
    rows = [
        {"vid_name": "a", "desc": "One.", "ts": [0, 2.5], "duration": 9},
        {"vid_name": "a", "desc": "Two.", "ts": [1, 1]},
        {"vid_name": "b", "desc": "Three."},
        {"vid_name": "zebra", "desc": "Four."},
    ]
    source = make_folder(["a", "b", "c"], rows)
    (source / "videos" / "b.mp4").write_bytes(b"")
    (source / "a.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nhi\n\n2\n00:00:05,000 --> 00:00:06,000\nlate\n")
    numbers = read_folder(source).dropped
    assert set(numbers) == set(WORDS)
    assert {kind: found for kind, found in numbers.items() if found[0]} == {
        "videos": (1, 3),
        "queries": (1, 4),
        "queries_of_refused_videos": (1, 4),
        "spans_without_length": (1, 2),
        "spans_clipped": (1, 2),
        "durations_differ": (1, 1),
        "sentences_outside": (1, 2),
    }
    assert sentence(numbers).startswith("1 of 3 videos refused (33.3 %), 1 of 4 queries refused (25 %), ")
    assert json.dumps(numbers) and sentence({"videos": (0, 3)}) == ""
