"""A score is unusual by how far it is above the others, whatever their level, their scale and one another's company."""

import pytest
import torch

from pipeline.retrieval.unusual import unusual


def noise(videos: int, queries: int = 1) -> torch.Tensor:
    return torch.randn(queries, videos, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def of_all(score: torch.Tensor) -> torch.Tensor:
    return unusual(score, score)


def test_level_and_scale_of_the_scores_do_not_matter():
    score = noise(50)
    torch.testing.assert_close(of_all(score), of_all(3 + 0.01 * score))


def test_normal_scores_have_deviation_one():
    assert of_all(noise(100_000)).std().item() == pytest.approx(1, abs=0.02)


def test_several_right_videos_do_not_hide_one_another():
    score = noise(100)
    score[0, :20] += 30
    assert of_all(score)[0, :20].min() > 15


def test_a_sample_stands_for_all():
    score = noise(100_000, queries=3)
    torch.testing.assert_close(unusual(score[:, :5], score[:, ::50]), unusual(score[:, :5], score), atol=0.2, rtol=0)


def test_equal_scores_are_usual():
    assert of_all(torch.full((2, 12), 0.3)).tolist() == [[0.0] * 12] * 2
