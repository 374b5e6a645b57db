"""Answers as JSON."""

import json

from pipeline.service.answers import failure, plain


def test_what_json_does_not_hold_is_replaced():
    value = {"a": (1.5, float("nan"), float("inf")), "b": "x\udcffy", "c": [None, True, 3]}
    assert plain(value) == {"a": [1.5, None, None], "b": "x\ufffdy", "c": [None, True, 3]}


def test_a_failure_is_a_sentence_with_a_status():
    answer = failure(404, "It is \ud800 not there.", {"retry-after": "1"})
    assert (answer.status_code, answer.headers["retry-after"]) == (404, "1")
    assert json.loads(answer.body) == {"error": "It is \ufffd not there."}
