"""A score is unusual by how far it is above the others, whatever their level, their scale and one another's company."""

import pytest
import torch

from pipeline.retrieval.unusual import unusual


def noise(videos: int, queries: int = 1) -> torch.Tensor:
    return torch.randn(queries, videos, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_level_and_scale_of_the_scores_do_not_matter():
    score = noise(50)
    torch.testing.assert_close(unusual(score), unusual(3 + 0.01 * score))


def test_normal_scores_have_deviation_one():
    assert unusual(noise(100_000)).std().item() == pytest.approx(1, abs=0.02)


def test_several_right_videos_do_not_hide_one_another():
    score = noise(100)
    score[0, :20] += 30
    assert unusual(score)[0, :20].min() > 15


def test_what_is_not_there_does_not_count():
    score = torch.cat([noise(40), torch.full((1, 3), torch.nan, dtype=torch.float64)], dim=1)
    found = unusual(score)
    torch.testing.assert_close(found[:, :40], unusual(score[:, :40]))
    assert found[0, 40:].isnan().all()


def test_equal_scores_are_usual():
    assert unusual(torch.full((2, 12), 0.3)).tolist() == [[0.0] * 12] * 2
