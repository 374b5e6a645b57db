"""The constant span is the best of its grid on the training queries, whatever the lengths of the videos."""

import pytest

from pipeline.core.manifest import Query, Video, write_queries, write_videos
from pipeline.evaluation.constant import EDGES, constant_span


def write(folder, shares, split="train", agreement=1):
    """Videos of 10, 20, ... seconds; shares: for each one query's spans as shares of it."""
    lengths = [10.0 * number for number in range(1, len(shares) + 1)]
    videos = [Video(f"v{n}", None, "0" * 64, length, (split,)) for n, length in enumerate(lengths)]
    queries = [
        Query(f"q{n}", f"v{n}", "text", split, tuple((s * length, e * length) for s, e in own), agreement)
        for n, (length, own) in enumerate(zip(lengths, shares, strict=True))
    ]
    write_videos(folder / "videos.jsonl", videos)
    write_queries(folder / "queries.jsonl", queries)
    return folder


def test_spans_that_are_equal_as_shares_are_found(tmp_path):
    assert constant_span(write(tmp_path, [[(0.25, 0.5)]] * 7)) == (0.25, 0.5)


def test_it_is_the_best_of_all_pairs(tmp_path):
    shares = [[(0.0, 0.3)], [(0.2, 0.45)], [(0.1, 0.9)], [(0.6, 0.7)], [(0.05, 0.4)]]
    start, end = constant_span(write(tmp_path, shares))

    def mean(s, e):
        return sum(max(0, min(e, b) - max(s, a)) / (max(e, b) - min(s, a)) for ((a, b),) in shares)

    best = max(mean(s, e) for s in EDGES.tolist() for e in EDGES.tolist() if s < e)
    assert mean(start, end) == pytest.approx(best, abs=1e-5)


def test_annotators_must_agree(tmp_path):
    shares = [[(0.0, 0.25), (0.5, 0.75), (0.5, 0.75), (0.75, 1.0)]] * 3
    assert constant_span(write(tmp_path, shares, agreement=2)) == (0.5, 0.75)


@pytest.mark.parametrize(("split", "shares"), [("val", [[(0.2, 0.4)]]), ("train", [[]])])
def test_without_annotated_training_queries_there_is_none(tmp_path, split, shares):
    assert constant_span(write(tmp_path, shares, split)) is None
