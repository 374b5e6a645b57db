"""Annotation files that a submission is scored against: what their fields mean, and what is refused."""

import json

import pytest
from helpers.submissions import write_truth

from pipeline.core.errors import PipelineError
from pipeline.evaluation.ground_truth import read_ground_truth

FOUR = [[0, 5], [0, 5], [5, 10], [20, 25]]


def test_the_queries_in_the_order_of_the_file(tmp_path):
    truth = read_ground_truth(write_truth(tmp_path / "val.jsonl"))
    assert truth.query_ids == ["1", "2"] and truth.video_ids == ["a", "b"] and truth.types == ["v", "vt"]
    assert truth.spans == [((0, 10),), ((5, 8),)] and truth.agreement == [1, 1]


def test_the_type_and_the_span_may_be_missing(tmp_path):
    truth = read_ground_truth(write_truth(tmp_path / "val.jsonl", type=None, ts=None))
    assert truth.types == ["", ""] and len(truth.annotated.query) == 0


def test_four_spans_are_those_of_annotators_of_whom_two_must_agree(tmp_path):
    truth = read_ground_truth(write_truth(tmp_path / "val.jsonl", ts=FOUR))
    assert truth.agreement == [2, 2] and truth.spans[0] == tuple(map(tuple, FOUR))


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"ts": FOUR[:3]}, "3 spans"),  # TVR's evaluator would misread them as one pair
        ({"ts": [1]}, "not a [start, end] pair"),
        ({"ts": [0, None]}, "missing"),
        ({"ts": [0, float("nan")]}, "finite"),
        ({"ts": [*FOUR, 3]}, "not a [start, end] pair"),
        ({"type": "x"}, "not one of v, t, vt"),
        ({"vid_name": None}, "`vid_name` is missing"),
        ({"desc_id": None}, "`desc_id` is missing"),
        ({"desc_id": 5}, "`desc_id` 5 is there twice"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path, change, cause):
    path = write_truth(tmp_path / "val.jsonl", **change)
    with pytest.raises(PipelineError) as error:
        read_ground_truth(path)
    assert cause in error.value.cause and str(error.value.where).startswith(str(path)) and error.value.fix


@pytest.mark.parametrize("text", ["", "{\n", json.dumps([1]), "\ud800".encode("utf-8", "surrogatepass")])
def test_a_file_that_is_none_is_one_error(tmp_path, text):
    path = tmp_path / "val.jsonl"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(PipelineError) as error:
        read_ground_truth(path)
    assert str(path) in str(error.value)


def test_a_missing_file_is_one_error(tmp_path):
    with pytest.raises(PipelineError, match="cannot be read"):
        read_ground_truth(tmp_path / "missing.jsonl")
