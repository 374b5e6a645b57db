"""Which group a query falls into, and what is measured there."""

import pytest
import torch

from pipeline.evaluation.errors import moment_errors
from pipeline.evaluation.moments import annotated, moment_metrics

SVMR = "SVMR R@1 IoU=0.5"


def errors(spans, ious, durations):
    return moment_errors(annotated(spans, [1] * len(spans)), torch.tensor(ious), torch.tensor(durations).double())


def test_quartiles_of_the_length_hold_equally_many_queries():
    spans = [[(0.0, float(length))] for length in (8, 3, 5, 1, 7, 2, 4, 6)]
    found = errors(spans, [0.8, 0.3, 0.5, 0.1, 0.7, 0.2, 0.4, 0.6], [100.0] * 8)["length"]
    assert [(group["from"], group["to"], group["queries"]) for group in found] == [
        (1, 2, 2), (3, 4, 2), (5, 6, 2), (7, 8, 2),
    ]  # fmt: skip
    assert [group["mIoU"] for group in found] == pytest.approx([15, 35, 55, 75])
    assert [group[SVMR] for group in found] == [0, 0, 100, 100]


def test_moments_of_one_length_are_one_group_also_where_the_ends_round_differently():
    third = 1 / 3
    spans = [[(k * third, (k + 1) * third)] for k in range(12)]
    (group,) = errors(spans, [0.5] * 12, [4.0] * 12)["length"]
    assert group["queries"] == 12 and group["from"] == group["to"]


def test_a_moment_lies_in_the_fifth_of_its_own_video_that_holds_its_middle():
    spans = [[(0.0, 3.9)], [(0.0, 4.1)], [(9.0, 11.0)], [(8.0, 10.0)], [(10.0, 10.0)]]
    found = errors(spans, [0.1, 0.2, 0.6, 0.8, 1.0], [10.0, 10.0, 20.0, 10.0, 10.0])["position"]
    assert [(group["from"], group["to"], group["queries"]) for group in found] == [
        (0.0, 0.2, 1), (0.2, 0.4, 1), (0.4, 0.6, 1), (0.8, 1.0, 2),
    ]  # fmt: skip
    assert found[-1]["mIoU"] == pytest.approx(90) and found[-1][SVMR] == 100


def test_of_several_annotated_spans_that_of_median_length_counts():
    spans = [[(50, 90), (0, 2), (70, 76), (60, 66)], [(10, 20), (0, 4)], [(0, 1), (30, 60), (5, 10)]]
    found = errors(spans, [0.0, 0.0, 0.0], [100.0, 10.0, 10.0])
    assert [group["from"] for group in found["length"]] == [4, 5, 6]
    assert [(group["from"], group["queries"]) for group in found["position"]] == [(0.2, 1), (0.6, 2)]


def test_of_equally_long_spans_the_earlier_one_counts_also_where_their_ends_round_differently():
    spans = [[(4.4, 5.5), (1.1, 2.2)], [(0, 1)]]
    found = errors(spans, [0.0, 0.0], [10.0, 1.0])["position"]
    assert [(group["from"], group["queries"]) for group in found] == [(0.0, 1), (0.4, 1)]


def test_all_groups_together_are_the_metrics_of_the_split():
    draw = torch.Generator().manual_seed(0)
    start, length = torch.rand(200, generator=draw).double() * 20, torch.rand(200, generator=draw).double() * 9 + 0.1
    ious = torch.rand(200, generator=draw)
    spans = [[(a, a + b)] for a, b in zip(start.tolist(), length.tolist(), strict=True)]
    found = moment_errors(annotated(spans, [1] * 200), ious, torch.full((200,), 30.0).double())
    whole = moment_metrics(ious, [1] * 200)
    for groups in found.values():
        assert sum(group["queries"] for group in groups) == 200
        for name in ("mIoU", SVMR):
            assert sum(group["queries"] * group[name] for group in groups) / 200 == pytest.approx(whole[name])


def test_without_annotated_spans_there_is_nothing():
    assert errors([()], [], []) is None
