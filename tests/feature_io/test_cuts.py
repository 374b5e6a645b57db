"""What is said of queries that are cut: how many, what would keep them whole, which of them become the same."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.backbones.roberta.tokenizer import load_tokenizer
from pipeline.core.manifest import Query
from pipeline.feature_io.cuts import MOST_TOKENS, Cuts, cut_line
from pipeline.text.params import QueryTextParams

SAID = {
    "a#0": "one two three four five",
    "a#1": "one two three four six",
    "b#0": "one two",
    "b#1": "one two three four",
}


def numbers_of(texts, max_tokens, specials=2, tokens=str.split):
    cuts = Cuts(max_tokens, specials)
    for query_id, text in texts.items():
        words = tokens(text)
        cuts.add(Query(query_id, query_id[0], text, "train"), len(words), tuple(words[: max_tokens - specials]))
    return {"queries": len(texts), **cuts.numbers()}


def test_cut_queries_are_counted_with_what_would_keep_them_and_equal_ones_named():
    numbers = numbers_of(SAID, 6)
    assert (numbers["truncated"], numbers["max_tokens"], numbers["max_tokens_advised"]) == (2, 6, 7)
    assert numbers["equal"] == [{"query_ids": ["a#0", "a#1", "b#1"], "video_ids": ["a", "b"]}]
    assert cut_line(numbers) == (
        "2 of 4 queries cut to 6 token ids (query_text.max_tokens=7 keeps all), "
        "3 queries have the features of another one with other words: a#0 = a#1 = b#1"
    )
    assert numbers_of(SAID, 7)["truncated"] == 0 and numbers_of(SAID, 7)["equal"] == []


def test_nothing_cut_and_the_same_words_twice():
    numbers = numbers_of({"a#0": "one two", "b#0": "one two"}, 30)
    assert cut_line(numbers) == "0 of 2 queries cut to 30 token ids" and numbers["equal"] == []
    assert cut_line(numbers_of({}, 30)) == "0 of 0 queries cut to 30 token ids"


def test_a_query_that_no_limit_keeps():
    texts = {"a": "word " * 600, "b": "word " * 40, "c": "word"}
    assert "2 of 3 queries cut to 30 token ids (query_text.max_tokens=42 keeps all but 1)" in cut_line(
        numbers_of(texts, 30)
    )
    assert "1 of 3 queries cut to 60 token ids (longer than the encoder can read)" in cut_line(numbers_of(texts, 60))
    assert QueryTextParams(encoder="roberta", clip_output="sentence", max_tokens=MOST_TOKENS)
    with pytest.raises(ValidationError):
        QueryTextParams(encoder="roberta", clip_output="sentence", max_tokens=MOST_TOKENS + 1)


@pytest.mark.skipif("AMDNET_REAL_DATA" not in os.environ, reason="AMDNET_REAL_DATA names no folder with real data")
def test_two_chinese_queries_that_differ_at_the_end():
    tokenizer = load_tokenizer(str(Path(os.environ["AMDNET_REAL_DATA"]) / "tokenizer" / "roberta_hf"), [])
    head = "一个男人打开门走进房间然后坐在椅子上看着窗外的雨并且开始"
    numbers = numbers_of({"a#0": head + "弹钢琴", "a#1": head + "喝茶"}, 30, tokens=tokenizer.ids)
    assert numbers["truncated"] == 2 and [group["query_ids"] for group in numbers["equal"]] == [["a#0", "a#1"]]
    whole = numbers_of({"a#0": head + "弹钢琴", "a#1": head + "喝茶"}, numbers["max_tokens_advised"], 2, tokenizer.ids)
    assert whole["truncated"] == 0 and whole["equal"] == []
