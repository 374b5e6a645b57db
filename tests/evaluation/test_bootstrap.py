"""Intervals cover the truth as often as they say, count videos and not queries, and pair what is paired."""

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.evaluation.bootstrap import interval, intervals, paired


def rows(ranks, queries_per_video=2, ious=None):
    ious = [None] * len(ranks) if ious is None else ious
    return [
        {"query_id": f"q{n}", "video_id": f"v{n // queries_per_video}", "rank": int(rank), "iou": iou}
        for n, (rank, iou) in enumerate(zip(ranks, ious, strict=True))
    ]


def test_the_interval_of_independent_values_is_that_of_their_mean():
    values = np.random.default_rng(1).normal(5, 2, size=400)
    low, high = interval(values, np.arange(400))
    error = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - error, values.mean() + error), abs=0.03)


def test_queries_of_one_video_are_drawn_together():
    per_video = np.random.default_rng(2).normal(size=100)
    apart = interval(per_video, np.arange(100))
    together = interval(per_video.repeat(9), np.arange(100).repeat(9))
    assert together == pytest.approx(apart)


def test_intervals_cover_the_truth():
    generator, covered = np.random.default_rng(3), 0
    for _ in range(60):
        chances = generator.beta(1, 3, size=80).repeat(3)
        ranks = np.where(generator.random(240) < chances, 1, 1000)
        _, low, high = intervals(rows(ranks, 3))["R@1"]
        covered += low <= 25 <= high
    assert 50 <= covered <= 60


def test_by_metric_the_value_and_its_interval():
    found = intervals(rows([1, 3, 8, 50, 101, 1], ious=[0.5, None, 0.7, None, 0.0, 0.2]))
    assert list(found) == ["SumR", "R@1", "mIoU"]
    assert found["SumR"][0] == pytest.approx(100 * (2 / 6 + 3 / 6 + 4 / 6 + 5 / 6))
    assert found["mIoU"][0] == pytest.approx(35)
    assert all(low <= value <= high for value, low, high in found.values())
    assert list(intervals(rows([1, 2]))) == ["SumR", "R@1"]


def test_equal_rows_give_equal_intervals():
    ranks = np.random.default_rng(4).integers(1, 200, size=100)
    assert intervals(rows(ranks)) == intervals(rows(ranks))


def test_a_pair_says_more_than_both_alone():
    generator = np.random.default_rng(5)
    ranks = generator.integers(2, 200, size=300)
    better = np.where(generator.random(300) < 0.03, 1, ranks)
    difference, low, high = paired([rows(better)], [rows(ranks)])["SumR"]
    alone = [intervals(rows(each))["SumR"] for each in (better, ranks)]
    assert difference == pytest.approx(alone[0][0] - alone[1][0]) and 0 < low < difference < high
    assert high - low < 0.8 * (alone[0][2] - alone[0][1])
    assert paired([rows(ranks)], [rows(ranks)])["SumR"] == [0, 0, 0]


def test_seeds_are_averaged_before_videos_are_drawn():
    one, other = rows([1, 1, 200, 200]), rows([200, 200, 1, 1])
    assert intervals(one, other)["R@1"] == [50, 50, 50]
    assert paired([one, other], [one])["R@1"][0] == 0


def test_other_queries_are_no_pair():
    with pytest.raises(PipelineError, match="different queries"):
        paired([rows([1, 2, 3])], [rows([1, 2])])
