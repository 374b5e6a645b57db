"""The losses: hand values, and videos without queries."""

import pytest
import torch

from pipeline.models.losses import diversity_loss, relevance_loss, retrieval_loss

SCORES = torch.tensor([[0.9, 0.1], [0.4, 0.6], [0.2, 0.7]], dtype=torch.float64)
LABELS = torch.tensor([0, 0, 1])


def test_retrieval_by_hand():
    assert retrieval_loss(SCORES, LABELS).item() == pytest.approx(1.1312318628, abs=1e-9)


def test_retrieval_does_not_care_for_the_order_of_queries():
    order = torch.tensor([2, 0, 1])
    assert retrieval_loss(SCORES[order], LABELS[order]).item() == pytest.approx(retrieval_loss(SCORES, LABELS).item())


def test_a_video_without_queries_is_a_negative_and_nothing_else():
    scores = torch.cat([SCORES, torch.tensor([[0.3], [0.5], [-0.1]], dtype=torch.float64)], dim=1).requires_grad_()
    loss = retrieval_loss(scores, LABELS)
    loss.backward()
    towards_queries = (scores.logsumexp(1) - scores[torch.arange(3), LABELS]).mean()
    towards_videos = (SCORES.logsumexp(0) - torch.stack([SCORES[:2, 0].logsumexp(0), SCORES[2, 1]])).mean()
    assert loss.item() == pytest.approx((towards_queries + towards_videos).item())
    assert torch.isfinite(scores.grad).all()


def test_retrieval_of_one_video_is_zero():
    assert retrieval_loss(torch.tensor([[0.3], [0.8]]), torch.tensor([0, 0])).item() == pytest.approx(0, abs=1e-6)


def test_diversity_by_hand():
    apart = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    assert diversity_loss(apart, alpha=1.0).item() == 0
    assert diversity_loss(apart, alpha=0.25).item() == pytest.approx(2 * 0.75**2)
    alike = torch.tensor([[[1.0, 1.0], [1.0, 1.0]]])  # rows (.5, .5): every overlap is .5
    assert diversity_loss(alike, alpha=0.15).item() == pytest.approx(2 * 0.35**2 + 2 * 0.5**2)


def test_relevance_by_hand():
    query = torch.tensor([[2.0, 0.0], [0.0, 3.0]])
    overview = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    moments = torch.tensor([[[0.6, 0.8], [0.8, 0.6]], [[0.0, 5.0], [1.0, 0.0]]])
    # first: .02 + 1 - .8; second: its best moment equals its overview, .02 + 1 - 1
    loss = relevance_loss(query, moments, overview, torch.tensor([0, 1]), margin=0.02)
    assert loss.item() == pytest.approx((0.22 + 0.02) / 2, abs=1e-6)
