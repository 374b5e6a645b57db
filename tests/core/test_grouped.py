"""What was refused, a line a kind of cause."""

from pipeline.core.grouped import grouped, told_groups


def test_causes_that_differ_in_numbers_are_one():
    refused = [(f"q:{k}", f"the span {k} to 9.5 s is beyond the end of 'v'") for k in range(7)]
    assert told_groups([("x.mp4", "the file is empty"), *refused]) == [
        "  7 x the span 0 to 9.5 s is beyond the end of 'v': q:0, q:1, q:2, q:3, q:4 and 2 more",
        "  1 x the file is empty: x.mp4",
    ]


def test_each_place_is_in_one_group():
    groups = grouped([("a", "empty"), ("b", "no picture"), ("c", "empty")])
    assert [(group.cause, group.where) for group in groups] == [("empty", ["a", "c"]), ("no picture", ["b"])]


def test_the_bytes_of_an_older_encoding_are_one_cause():
    refused = [(f"q:{byte}", f"not UTF-8 text (byte 0x{byte:02x}): save it as UTF-8") for byte in (0xE9, 0xFC, 0x80)]
    assert told_groups(refused) == ["  3 x not UTF-8 text (byte 0xe9): save it as UTF-8: q:233, q:252, q:128"]


def test_all_names_of_one_cause_are_named():
    unknown = [
        ("q:1", "baech"),
        ("q:2", "kitchn"),
        ("q:3", "baech"),
        ("q:4", "mum's"),
        *((f"q:{k}", k) for k in "56789"),
    ]
    refused = [
        (where, f"the video's id: unknown video {name!r}; known are 'beach', 'kitchen'") for where, name in unknown
    ]
    assert told_groups(refused) == [
        "  9 x the video's id: unknown video 'baech'; known are 'beach', 'kitchen'; the same goes for "
        "'kitchn', \"mum's\", '5', '6', '7' and 2 more: q:1, q:2, q:3, q:4, q:5 and 4 more"
    ]


def test_the_names_that_differ_are_named():
    refused = [("q:1", "`split` is 'tests', not one of train"), ("q:2", "`split` is 'dev', not one of train")]
    assert told_groups(refused, "") == [
        "2 x `split` is 'tests', not one of train; the same goes for 'dev': q:1, q:2",
    ]
