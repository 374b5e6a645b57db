"""Counts the queries that are cut, and finds different queries that are equal once they are cut.

Test: tests/feature_io/test_cuts.py.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from typing import Any

from pipeline.core.manifest import Query

MOST_TOKENS = 512
"""The largest `query_text.max_tokens` that is allowed: the positions that RoBERTa knows."""
SHOWN = 3


class Cuts:
    """Takes the queries one by one, each with the number of its tokens and with what the cut leaves of them.

    max_tokens: the most ids that are read; specials: how many of these are special tokens and not tokens of the query;
    most: the largest `max_tokens` that the encoder could read.
    """

    def __init__(self, max_tokens: int, specials: int, most: int = MOST_TOKENS):
        self._max_tokens, self._specials, self._most = max_tokens, specials, most
        self._lengths: list[int] = []
        self._same: dict[Hashable, list[Query]] = defaultdict(list)

    def add(self, query: Query, tokens: int, kept: Hashable) -> None:
        """Take one query.

        tokens: how many the whole query has; kept: a value that is equal for two queries if and only if their features
        are.
        """
        self._lengths.append(tokens + self._specials)
        self._same[kept].append(query)

    def numbers(self) -> dict[str, Any]:
        """Return the numbers for the stage's metrics.

        truncated: how many queries are cut; max_tokens_advised: the smallest limit that would cut no query, or none but
        the `truncated_then` queries that are too long for any limit; equal: groups of queries whose texts differ but
        whose features are the same, so that no model can tell them apart.
        """
        groups = [
            {"query_ids": sorted(q.query_id for q in queries), "video_ids": sorted({q.video_id for q in queries})}
            for queries in self._same.values()
            if len({query.text for query in queries}) > 1
        ]
        return {
            "max_tokens": self._max_tokens,
            "truncated": sum(length > self._max_tokens for length in self._lengths),
            "max_tokens_advised": max((length for length in self._lengths if length <= self._most), default=self._most),
            "truncated_then": sum(length > self._most for length in self._lengths),
            "equal": sorted(groups, key=lambda group: group["query_ids"]),
        }


def cut_line(metrics: Mapping[str, Any]) -> str:
    """Say in words what `numbers` returned, for the stage's last line.

    metrics: these numbers, and the number of `queries`.
    """
    line = "{truncated} of {queries} queries cut to {max_tokens} token ids".format(**metrics)
    if metrics["truncated"]:
        line += f" ({advice(metrics)})"
    if metrics["equal"]:
        some = "; ".join(" = ".join(group["query_ids"][:SHOWN]) for group in metrics["equal"][:SHOWN])
        count = sum(len(group["query_ids"]) for group in metrics["equal"])
        line += f", {count} queries have the features of another one with other words: {some}"
    return line


def advice(numbers: Mapping[str, Any]) -> str:
    """Say what would keep the queries whole that are cut. numbers: what `numbers` returned."""
    left = numbers["truncated_then"]
    if left == numbers["truncated"]:
        return "longer than the encoder can read"
    return f"query_text.max_tokens={numbers['max_tokens_advised']} keeps all{f' but {left:,}' if left else ''}"
