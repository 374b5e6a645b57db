"""Queries of a file are read line by line, and a line that is none is named."""

import pytest
from helpers.searching import FakeSearch

from pipeline.core.errors import PipelineError
from pipeline.search.batch import Asked, answers, read_queries
from pipeline.search.results import Among


def test_queries_keep_their_order_and_their_ids():
    lines = [b'{"query": "dog", "query_id": 7}\n', b"\n", b'{"query_id": "x", "query": "\xe7\x94\x9f"}\r\n']
    lines = [b'\xef\xbb\xbf{"query": "first"}\n', *lines, b'{"query": "dog"}']
    assert read_queries(lines, "q.jsonl") == [
        Asked("first", "q.jsonl:1", {}),
        Asked("dog", "q.jsonl:2", {"query_id": 7}),
        Asked("生", "q.jsonl:4", {"query_id": "x"}),
        Asked("dog", "q.jsonl:5", {}),
    ]


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (b"dog", "not valid JSON"),
        (b'{"query": "dog"', "not valid JSON"),
        (b'{"query": "\xff"}', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'"dog"', "no object with a text `query`"),
        (b"[]", "no object with a text `query`"),
        (b'{"text": "dog"}', "no object with a text `query`"),
        (b'{"query": 3}', "no object with a text `query`"),
        (b'{"query": null}', "no object with a text `query`"),
        (b'{"query": "dog", "k": 3}', "`k` means nothing here"),
        (b'{"query": "dog", "query_id": true}', "`query_id` is neither"),
        (b'{"query": "dog", "query_id": null}', "`query_id` is neither"),
        (b'{"query": "dog", "query_id": {}}', "`query_id` is neither"),
    ],
)
def test_a_line_that_is_no_query_is_named_with_its_file(line, cause):
    with pytest.raises(PipelineError, match=f"^q.jsonl:2: .*{cause}"):
        read_queries([b'{"query": "dog"}\n', line], "q.jsonl")


@pytest.mark.parametrize("lines", [[], [b"\n", b"  \n"]])
def test_a_file_without_queries_is_an_error(lines):
    with pytest.raises(PipelineError, match="^q.jsonl: there is no query"):
        read_queries(lines, "q.jsonl")


def test_every_query_is_answered_in_its_order():
    asked = read_queries([b'{"query": "dog"}', b'{"query": "onion"}', b'{"query": "dog"}'], "q.jsonl")
    found = list(answers(FakeSearch(), asked, 2, Among(folder="home")))
    assert [one for one, _ in found] == asked and [results.query for _, results in found] == ["dog", "onion", "dog"]
    assert all(len(results.hits) == 2 for _, results in found)


def test_a_query_that_cannot_be_searched_for_is_named_with_its_line():
    asked = read_queries([b'{"query": "dog"}', b'{"query": "?!"}'], "q.jsonl")
    with pytest.raises(PipelineError, match=r"^q\.jsonl:2: the query has no word"):
        list(answers(FakeSearch(), asked, 2, Among()))
