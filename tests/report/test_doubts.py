"""Whatever a stage counts as lost is shown with its share, and what is zero or absent is not."""

from pipeline.report.doubts import doubts


def test_counts_of_every_form_are_found():
    prepare = {
        "videos": 5,
        "dropped": {"spans_clipped": {"count": 3, "of": 12}, "videos_cut": {"count": 0, "of": 5}},
        "subtitle_files": {"files": 4, "files_not_read": 1, "files_not_read_share": 0.25},
    }
    query = {"queries": 20, "videos": 5, "truncated": 5, "failed": 1, "failures": [{"cause": "no token"}]}
    subtitle = {"videos": 5, "sentences": 40, "truncated": 2, "sentences_outside": 0}
    rows = doubts({"prepare": prepare, "slowfast": {}, "query": query, "subtitle": subtitle})
    assert [(row["stage"], row["what"], row["count"], row["share"]) for row in rows] == [
        ("prepare", "spans clipped", 3, 0.25),
        ("prepare", "files not read", 1, 0.25),
        ("query", "cut to the most tokens that are read", 5, 0.25),
        ("query", "without features", 1, 0.05),
        ("subtitle", "cut to the most tokens that are read", 2, 0.05),
    ]


def test_a_count_without_a_whole_has_no_share():
    assert doubts({"pack": {"truncated": 7}}) == [
        {"stage": "pack", "what": "cut to the most tokens that are read", "count": 7, "share": None}
    ]


def test_recipes_and_lists_of_ids_are_no_counts():
    assert doubts({"resnet": {"recipe": {"failed": 9}, "videos": 3, "failed": 0, "failures": []}}) == []
