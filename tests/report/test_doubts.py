"""Whatever a stage counts as lost is shown with its share, and what is zero or absent is not."""

from pipeline.report.doubts import SHOWN, doubts


def test_counts_of_every_form_are_found():
    prepare = {
        "videos": 5,
        "dropped": {
            "spans_clipped": {"count": 3, "of": 12},
            "videos": {"count": 0, "of": 5},
            "sentences_outside": {"count": 1, "of": 4},
            "subtitle_files": {"count": 1, "of": 4},
        },
        "subtitle_counts": {"files": 4, "files_not_read": 1, "files_not_chosen": 2},
        "unmatched": {"files": 7, "first": list("abcdef")},
    }
    query = {"queries": 20, "videos": 5, "truncated": 5, "failed": 1, "failures": [{"cause": "no token"}]}
    subtitle = {"videos": 5, "sentences": 40, "truncated": 2, "sentences_outside": 0}
    rows = doubts({"prepare": prepare, "slowfast": {}, "query": query, "subtitle": subtitle})
    assert [(row["stage"], row["what"], row["count"], row["share"]) for row in rows] == [
        ("prepare", "spans clipped to the video's end", 3, 0.25),
        ("prepare", "subtitle sentences after the video's end", 1, 0.25),
        ("prepare", "subtitle files not read", 1, 0.25),
        ("prepare", "subtitle files left for another one of the same video", 2, 0.5),
        ("prepare", "files of the source that are not read", 7, None),
        ("query", "cut to the most tokens that are read", 5, 0.25),
        ("query", "without features", 1, 0.05),
        ("subtitle", "cut to the most tokens that are read", 2, 0.05),
    ]
    assert rows[4]["named"] == "a; b; c; d; e and 2 more"


def test_what_differs_is_named():
    groups = [{"query_ids": ["q1", "q2"], "video_ids": ["v"]}] * (SHOWN + 1)
    lengths = [{"video_id": "v1", "manifest": 12.0, "decoded": 10.04}]
    stages = {"query": {"queries": 30, "equal": groups}, "resnet": {"videos": 4, "other_durations": lengths}}
    leaks = {"test_videos": 1, "of": 9, "groups": [{"train": ["a"], "test": ["b"]}]}
    leak, equal, other = doubts({"prepare": {"leaks": leaks}, **stages})
    assert (leak["count"], leak["named"]) == (1, "a (train) = b (test)")
    assert equal["count"] == SHOWN + 1 and equal["named"] == "; ".join(["q1 = q2"] * SHOWN) + " and 1 more"
    assert (other["count"], other["share"], other["named"]) == (1, 0.25, "v1 (10.0 s, not 12.0 s)")


def test_what_helps_against_cut_texts_is_said():
    cut = {"queries": 20, "truncated": 3, "max_tokens_advised": 40, "truncated_then": 1}
    (row,) = doubts({"query": cut})
    assert row["named"] == "query_text.max_tokens=40 keeps all but 1"
    (row,) = doubts({"query": {**cut, "truncated_then": 0}})
    assert row["named"] == "query_text.max_tokens=40 keeps all"
    (row,) = doubts({"query": {**cut, "truncated_then": 3}})
    assert row["named"] == "longer than the encoder can read"


def test_one_kind_of_device_is_no_doubt_and_two_are():
    one, two = {"videos": 4, "devices": {"cpu": 4}}, {"videos": 4, "devices": {"cpu": 3, "cuda": 1}}
    (row,) = doubts({"slowfast": one, "resnet": two})
    assert (row["stage"], row["count"], row["share"], row["named"]) == ("resnet", 1, 0.25, "3 cpu; 1 cuda")


def test_a_count_without_a_whole_has_no_share():
    (row,) = doubts({"pack": {"truncated": 7}})
    assert row["count"] == 7 and row["share"] is None


def test_provenance_and_lists_of_ids_are_no_counts():
    assert doubts({"resnet": {"recipe": {"failed": 9}, "videos": 3, "failed": 0, "failures": []}}) == []
