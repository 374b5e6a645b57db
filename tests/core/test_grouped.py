"""What was refused, a line a kind of cause."""

from pipeline.core.grouped import grouped, told_groups


def test_causes_that_differ_in_names_and_numbers_are_one():
    refused = [(f"q:{k}", f"the span {k} to 9.5 s is beyond the end of '{k}'") for k in range(7)]
    assert told_groups([("x.mp4", "the file is empty"), *refused]) == [
        "  7 x the span 0 to 9.5 s is beyond the end of '0': q:0, q:1, q:2, q:3, q:4 and 2 more",
        "  1 x the file is empty: x.mp4",
    ]


def test_each_place_is_in_one_group():
    groups = grouped([("a", "empty"), ("b", "no picture"), ("c", "empty")])
    assert [(group.cause, group.where) for group in groups] == [("empty", ["a", "c"]), ("no picture", ["b"])]
