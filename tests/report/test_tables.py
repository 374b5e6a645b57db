"""What is said about the numbers: badges, the verdict, what was left out."""

import pytest

from pipeline.report.tables import any_right, badges, extraction, flat, found_first, left_out, verdict
from pipeline.retrieval.metrics import chance


def texts(details, shuffle=False, prepare=None):
    return {badge["text"]: badge["kind"] for badge in badges(details, {"shuffle_queries": shuffle}, prepare or {})}


def test_the_honest_protocol_is_plain_and_random_weights_warn(details):
    assert texts(details) == {
        "honest protocol: selected on val, reports test": "plain",
        "random weights: the backbones of resnet were never trained": "warning",
    }


def test_the_published_protocol_warns(details):
    found = texts({**details, "protocol": "published", "selection_split": "test", "random_weights": []})
    assert found == {"published protocol: selected on the split it reports": "warning"}


def test_reporting_the_selection_split_warns(details):
    found = texts({**details, "reported_split": "val"})
    assert found["no test queries: reports val, the split that selected the model"] == "warning"


def test_the_control_run_warns(details):
    assert texts(details, shuffle=True)["control run: the training queries were given to other videos"] == "warning"


def test_weights_of_the_authors_warn(details):
    config = {"shuffle_queries": False, "author_weights": {"file": "best.ckpt", "sha256": "0" * 64}}
    (found,) = [badge for badge in badges(details, config, {}) if "best.ckpt" in badge["text"]]
    assert found["kind"] == "warning" and "the authors' code" in found["text"]


@pytest.mark.parametrize(
    ("test_videos", "groups", "words"),
    [
        (3, [{"train": ["a"], "test": ["b", "c", "d"]}], "leak: the content of 3 of 40 test videos"),
        (0, [{"train": ["a"], "val": ["b"]}], "leak: the content of 1 video "),
        (0, [], None),
    ],
)
def test_equal_content_in_two_splits_warns(details, test_videos, groups, words):
    found = texts(details, prepare={"leaks": {"test_videos": test_videos, "of": 40, "groups": groups}})
    leaks = {text: kind for text, kind in found.items() if "leak" in text}
    assert bool(leaks) == bool(words)
    for text, kind in leaks.items():
        assert text.startswith(words) and kind == "warning"


def test_why_validation_is_drawn_from_train_is_said(details):
    found = texts(details, prepare={"val_held_out_of_train": "no val split is named"})
    assert found["validation videos are held out of train: no val split is named"] == "plain"
    assert texts(details, prepare={"val_held_out_of_train": None}) == texts(details)


def test_a_pack_whose_val_is_its_test_says_so(details):
    prepare = {"pack": {"val_equals_test": True}}
    found = texts(details, prepare=prepare)
    assert (
        found["the pack's val and test are the same queries, which are test here; val is drawn from train"] == "plain"
    )
    assert texts(details, prepare={"pack": {"val_equals_test": False}}) == texts(details)


@pytest.mark.parametrize(
    ("sumr", "words"),
    [(100.0, "clearly above chance"), (52.0, "not to be told from chance"), (0.0, "below chance")],
)
def test_the_verdict_allows_for_luck(sumr, words):
    assert verdict({"retrieval": {"SumR": sumr}, "chance": {"SumR": 50.0, "SumR deviation": 5.0}}) == words


def test_how_many_videos_are_right_is_said_of_each_split_that_knows():
    splits = {"test": {"retrieval_any": {"right videos a query": 1.5}}, "val": {}}
    assert "on average: 1.50 in test. All" in any_right(splits)
    splits["val"] = {"retrieval_any": {"right videos a query": 2.0}}
    assert "on average: 1.50 in test, 2.00 in val. All" in any_right(splits)
    assert any_right({"test": {}, "val": {}}) is None


@pytest.mark.parametrize(
    ("videos", "words"),
    [
        (1, ""),
        (3, "the right video comes first 66.7 % of the time; a random ranking reaches 33.3 %"),
        (10, "first 66.7 % of the time and among the first five 80.0 %; a random ranking reaches 10.0 % and 50.0 %"),
        (20, "first 66.7 % of the time and among the first ten 90.0 %; a random ranking reaches 5.0 % and 50.0 %"),
        (900, "first 66.7 % of the time and among the first ten 90.0 %; a random ranking reaches 0.1 % and 1.1 %"),
    ],
)
def test_only_numbers_that_have_a_tile_are_in_the_sentence_above_the_tiles(details, videos, words):
    retrieval = {"R@1": 66.7, "R@5": 80.0, "R@10": 90.0, "R@100": 100.0, "SumR": 336.7}
    split = {**details["splits"]["test"], "retrieval": retrieval, "chance": chance(videos, 4)}
    assert found_first(split).endswith(words) and bool(found_first(split)) == bool(words)


def test_what_was_left_out_is_grouped_by_cause_and_a_video_is_named_once():
    refused = [
        {"what": "query", "id": "q1", "where": "a.jsonl:3", "cause": "unknown video 'brithday'"},
        *(
            {"what": "video", "id": f"v{k}", "where": f"v{k}.mp4", "cause": f"{k} of 9 packets are broken"}
            for k in "12"
        ),
    ]
    torn = {"video_id": "v7", "cause": "no frame after 3.5 s", "decoder": "decord", "seconds": 1.0}
    again = {**torn, "cause": "no frame after 3.25 s"}
    text = {"query_id": "q2", "video_id": "v2", "cause": "no token in its text"}
    streams = {"resnet": {"failures": [torn]}, "slowfast": {"failures": [again]}, "query": {"failures": [text]}}
    assert left_out({"refused": refused}, {**streams, "subtitle": {}}) == [
        {
            "cause": "1 of 9 packets are broken",
            "count": 2,
            "named": "video v1 (prepare, v1.mp4), video v2 (prepare, v2.mp4)",
        },
        {"cause": "no frame after 3.5 s", "count": 1, "named": "v7 (resnet, slowfast)"},
        {"cause": "unknown video 'brithday'", "count": 1, "named": "query q1 (prepare, a.jsonl:3)"},
        {"cause": "no token in its text", "count": 1, "named": "q2 (query)"},
    ]


def test_what_most_was_left_out_for_stands_first():
    refused = [{"what": "query", "id": f"q{k}", "where": "", "cause": "no word"} for k in range(2)]
    failures = [{"video_id": "v", "cause": "torn"}]
    streams = {stream: {"failures": failures} for stream in ("clip", "resnet", "slowfast")}
    assert [(row["cause"], row["count"]) for row in left_out({"refused": refused}, streams)] == [
        ("no word", 2),
        ("torn", 1),
    ]


def test_two_spans_of_one_query_are_two():
    refused = [{"what": "span", "id": "q1", "where": "a.jsonl:3", "cause": f"{k} s has no length"} for k in (4, 5)]
    (row,) = left_out({"refused": refused}, {})
    assert (row["count"], row["named"]) == (2, "span q1 (prepare, a.jsonl:3)")


def test_no_speed_where_nothing_was_decoded():
    numbers = {"videos": 3, "clips": 9, "decoded": 0, "reused": 3, "seconds": {"total": 0.1}, "times_real_time": 0.0}
    assert extraction({"resnet": numbers})[0]["times_real_time"] is None


def test_imported_rows_are_counted_and_unused_streams_have_no_row():
    imported = {"videos": 3, "clips": 9, "imported": 3, "seconds": 0.5, "recipe": {}}
    (row,) = extraction({"resnet": {"videos": 0, "unused": "why"}, "pack": imported})
    assert (row["stream"], row["rows"], row["computed"], row["reused"], row["seconds"]) == ("pack", 9, 0, 3, 0.5)


def test_nested_parameters_become_dotted_names():
    nested = {"model": "amdnet", "features": {"streams": ["resnet", "slowfast"]}, "random_weights": []}
    assert flat(nested) == [("model", "amdnet"), ("features.streams", "resnet, slowfast"), ("random_weights", "none")]
