"""Queries that are longer than the limit: counted, with advice; and different ones that are equal once cut, by name.

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
    """Takes the queries one by one, each with its number of tokens and what is kept of them.

    max_tokens: as in params.yaml; specials: how many of these are no tokens of the query.
    """

    def __init__(self, max_tokens: int, specials: int):
        self._max_tokens, self._specials = max_tokens, specials
        self._lengths: list[int] = []
        self._same: dict[Hashable, list[Query]] = defaultdict(list)

    def add(self, query: Query, tokens: int, kept: Hashable) -> None:
        """tokens: of the whole query; kept: the same for two queries whose features are the same."""
        self._lengths.append(tokens + self._specials)
        self._same[kept].append(query)

    def numbers(self) -> dict[str, Any]:
        """For the stage's metrics: truncated (queries), max_tokens_advised, truncated_then, equal.

        max_tokens_advised: the limit that would cut none, or only the truncated_then that no limit keeps whole; equal:
        groups of queries of different text with the same features, which no model can tell apart.
        """
        groups = [
            {"query_ids": sorted(q.query_id for q in queries), "video_ids": sorted({q.video_id for q in queries})}
            for queries in self._same.values()
            if len({query.text for query in queries}) > 1
        ]
        return {
            "max_tokens": self._max_tokens,
            "truncated": sum(length > self._max_tokens for length in self._lengths),
            "max_tokens_advised": max(
                (length for length in self._lengths if length <= MOST_TOKENS), default=MOST_TOKENS
            ),
            "truncated_then": sum(length > MOST_TOKENS for length in self._lengths),
            "equal": sorted(groups, key=lambda group: group["query_ids"]),
        }


def cut_line(metrics: Mapping[str, Any]) -> str:
    """`numbers`, beside the number of `queries`, for people: a part of the stage's last line."""
    line = "{truncated} of {queries} queries cut to {max_tokens} token ids".format(**metrics)
    if metrics["truncated"]:
        left = f" but {metrics['truncated_then']}" if metrics["truncated_then"] else ""
        line += f" (query_text.max_tokens={max(metrics['max_tokens_advised'], metrics['max_tokens'])} keeps all{left})"
    if metrics["equal"]:
        some = "; ".join(" = ".join(group["query_ids"][:SHOWN]) for group in metrics["equal"][:SHOWN])
        count = sum(len(group["query_ids"]) for group in metrics["equal"])
        line += f", {count} queries have the features of another one with other words: {some}"
    return line
