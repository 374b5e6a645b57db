"""Ranks and recall against the authors' published validations, the tie rule, and chance against simulation."""

import pytest
import torch
from helpers.parity import parity_json

from pipeline.core.errors import PipelineError
from pipeline.retrieval.metrics import CUTOFFS, any_ranks, chance, lead_error, ranks, recall


@pytest.fixture(scope="module")
def fixture():
    return parity_json("retrieval_metrics.json")


@pytest.mark.parametrize("name", ["small", "large"])
def test_equals_the_published_validations(fixture, name):
    case = fixture["cases"][name]
    index = {video_id: i for i, video_id in enumerate(case["video_ids"])}
    labels = torch.tensor([index[query_id.split("#")[0]] for query_id in case["query_ids"]])
    ours = ranks(torch.tensor(case["scores"]), labels)
    assert ours.tolist() == case["ranks"]
    for expected in case["expect"].values():
        assert recall(ours) == pytest.approx({key: expected[key] for key in recall(ours)}, abs=1e-9)


def test_ties_count_as_the_fixture_says(fixture):
    for corpus in fixture["ties"]:
        labels = torch.arange(corpus["queries"]) % corpus["videos"]
        for case in (case for case in corpus["cases"].values() if "ties_against_the_system" in case):
            equal = torch.full((corpus["queries"], corpus["videos"]), 0.5)
            scores = equal if case["scores"] is None else torch.tensor(case["scores"])
            assert recall(ranks(scores, labels)) == pytest.approx(case["ties_against_the_system"], abs=1e-9)


def test_ties_count_against_the_system():
    scores = torch.tensor([[0.5, 0.5, 0.5], [0.9, 0.9, 0.1], [0.1, 0.2, 0.3]])
    assert ranks(scores, torch.tensor([0, 1, 2])).tolist() == [3, 2, 1]


def test_a_collapsed_model_is_credited_with_no_hit():
    collapsed = recall(ranks(torch.zeros(20, 200), torch.arange(20)))
    assert collapsed["SumR"] == 0


def test_the_best_right_video_counts_and_ties_with_wrong_ones_count_against_it():
    scores = torch.tensor([[0.1, 0.9, 0.5, 0.9, 0.2], [0.3, 0.2, 0.1, 0.0, 0.4], [0.5, 0.5, 0.5, 0.5, 0.5]])
    labels, also = torch.tensor([0, 1, 2]), torch.tensor([[2, 3], [-1, -1], [3, 4]])
    assert any_ranks(scores, labels, also).tolist() == [2, 3, 3]
    assert any_ranks(scores, labels, torch.tensor([[2, 4], [0, 4], [2, -1]])).tolist() == [3, 1, 5]


def test_without_other_right_videos_any_rank_is_the_rank():
    scores = torch.randn(50, 20, generator=torch.Generator().manual_seed(0)).round(decimals=1)
    labels = torch.arange(50) % 20
    for also in (torch.empty(50, 0, dtype=torch.int64), torch.full((50, 3), -1), labels[:, None]):
        assert torch.equal(any_ranks(scores, labels, also), ranks(scores, labels))


def test_any_rank_by_its_definition():
    """The rank of the best right video among the wrong ones, were it the own video."""
    generator = torch.Generator().manual_seed(1)
    scores, labels = torch.randn(30, 12, generator=generator).round(decimals=1), torch.arange(30) % 12
    also = torch.stack([(labels + 3) % 12, (labels + 7) % 12], dim=1)
    for score, label, others, found in zip(scores, labels, also, any_ranks(scores, labels, also), strict=True):
        right = [int(label), *others.tolist()]
        wrong = [video for video in range(12) if video not in right]
        alone = [ranks(score[None, [one, *wrong]], torch.tensor([0])).item() for one in right]
        assert found == min(alone)


def test_a_score_that_is_not_a_number_is_refused():
    scores = torch.tensor([[0.1, float("nan")]])
    with pytest.raises(PipelineError, match="diverged"):
        ranks(scores, torch.tensor([0]))
    with pytest.raises(PipelineError, match="diverged"):
        any_ranks(scores, torch.tensor([0]), torch.tensor([[-1]]))


def test_sum_of_recalls_is_of_unrounded_values():
    result = recall(torch.tensor([1, 6, 11]))
    assert list(result) == ["R@1", "R@5", "R@10", "R@100", "SumR"]
    assert result["SumR"] == pytest.approx(100 / 3 + 100 / 3 + 200 / 3 + 100, abs=1e-12)


@pytest.mark.parametrize("videos", [3, 28, 250])
def test_chance_is_what_random_rankings_score(videos):
    generator = torch.Generator().manual_seed(0)
    queries, trials = 40, 400
    drawn = torch.randint(1, videos + 1, (trials, queries), generator=generator)
    sums = torch.tensor([recall(row)["SumR"] for row in drawn], dtype=torch.float64)
    expected = chance(videos, queries)
    assert expected["SumR"] == pytest.approx(sum(expected[f"R@{k}"] for k in (1, 5, 10, 100)))
    error = expected["SumR deviation"] / trials**0.5
    assert sums.mean().item() == pytest.approx(expected["SumR"], abs=4 * error)
    assert sums.std().item() == pytest.approx(expected["SumR deviation"], rel=0.15)


def test_chance_of_a_large_corpus_is_11600_over_its_size():
    assert chance(2179, 10895)["SumR"] == pytest.approx(11600 / 2179)


def test_the_error_of_a_lead_is_that_of_drawing_other_videos():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(400).repeat_interleave(3)
    ours, baseline = (torch.randint(1, 200, (400,), generator=generator)[labels] for _ in range(2))
    lead = sum(100.0 * ((ours <= k).double() - (baseline <= k).double()) for k in CUTOFFS)
    drawn = torch.randint(0, 400, (2000, 400), generator=generator)
    means = lead.view(400, 3).mean(dim=1)[drawn].mean(dim=1)
    assert lead_error(ours, baseline, labels) == pytest.approx(means.std().item(), rel=0.06)
    assert lead_error(ours, ours, labels) == 0
