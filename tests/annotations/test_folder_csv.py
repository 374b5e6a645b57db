"""queries.csv in a user's folder gives what queries.jsonl gives, and a bad row is named."""

import pytest

GOOD = {"vid_name": "a", "desc": "A ball rolls.", "ts": [0, 1.5]}


def test_csv_gives_the_same_as_json_lines(make_folder, read_folder):
    rows = [{**GOOD, "desc_id": "x", "split": "train"}, {"vid_name": "a", "desc": 'Say "hi", twice.', "split": "train"}]
    source = make_folder(["a", "b"], rows)
    as_jsonl = read_folder(source)
    (source / "queries.jsonl").unlink()
    (source / "queries.csv").write_text(
        'vid_name,desc,desc_id,start,end,split\na,A ball rolls.,x,0,1.5,train\na,"Say ""hi"", twice.",,,,train\n'
    )
    assert read_folder(source) == as_jsonl
    (source / "queries.csv").write_text(
        'split,ts,vid_name,desc_id,desc\ntrain,"[0, 1.5]",a,x,A ball rolls.\ntrain,,a,,"Say ""hi"", twice."\n'
    )
    assert read_folder(source) == as_jsonl


@pytest.mark.parametrize(
    ("cells", "cause"),
    [
        ("zebra,A ball.,0,1,", "unknown video 'zebra'; its id is the file name without the extension; known are 'a'"),
        ("a,A ball.,one,1,", "`ts` is not a number: one"),
        ("a,A ball.,0,,", "`ts` is missing: "),
        ("a,A ball.,nan,1,", "`ts` is missing: "),
        ("a,A ball.,1,0,", "the span starts (1 s) after its end (0 s)"),
        ("a,,0,1,", "`desc` is missing"),
        ("a,A ball, that rolls.,0,1,", "6 cells for 5 columns; quote a text that holds commas"),
        ('a,A ball.,,,"[0, "', "`ts` is not a [start, end] pair"),
    ],
)
def test_a_poisoned_csv_row_is_named_and_the_good_go_on(make_folder, read_folder, cells, cause):
    source = make_folder(["a"], [])
    (source / "queries.jsonl").unlink()
    (source / "queries.csv").write_text(f"vid_name,desc,start,end,ts\na,First.,0,1,\n{cells}\na,Last.,,,\n")
    result = read_folder(source)
    assert [query.text for query in result.queries] == ["First.", "Last."]
    assert [(one.where, one.cause) for one in result.refused] == [("queries.csv:3", cause)]
