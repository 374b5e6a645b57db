"""The losses of several models: hand values, and videos without queries."""

import pytest
import torch

from pipeline.models.common.losses import draw_ranks, draw_triplets, retrieval_loss, triplet_loss

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


def hardest(count: int) -> torch.Tensor:
    return torch.zeros(count, dtype=torch.int64)


def test_triplet_by_hand():
    # videos: .2 + .2 - (.9 + .4) / 2 < 0 and .2 + .6 - .7; queries: < 0, .2 + .6 - .4 and < 0
    loss = triplet_loss(SCORES, LABELS, 0.2, hardest(2), hardest(3))
    assert loss.item() == pytest.approx(0.1 / 2 + 0.4 / 3, abs=1e-9) == pytest.approx(0.1833333333, abs=1e-9)


def test_triplet_takes_the_negative_of_the_given_rank():
    scores = torch.tensor([[0.5, 0.1, 0.4, 0.3], [0.2, 0.6, 0.0, 0.7]])
    labels = torch.tensor([0, 3])

    def queries_alone(ranks: list[int]) -> float:
        both = triplet_loss(scores, labels, 1.0, hardest(4), torch.tensor(ranks))
        return both.item() - triplet_loss(scores, labels, -9.0, hardest(4), hardest(2)).item()

    videos = (1 + 0.2 - 0.5 + 1 + 0.3 - 0.7) / 2  # of the two that have queries
    assert queries_alone([0, 0]) == pytest.approx(videos + (1 + 0.4 - 0.5 + 1 + 0.6 - 0.7) / 2)
    assert queries_alone([2, 1]) == pytest.approx(videos + (1 + 0.1 - 0.5 + 1 + 0.2 - 0.7) / 2)


def test_triplet_without_negatives_or_queries_is_finite():
    one_video = torch.tensor([[0.3], [0.8]], requires_grad=True)
    loss = triplet_loss(one_video, torch.tensor([0, 0]), 0.2, hardest(1), hardest(2))
    loss.backward()
    assert loss.item() == 0 and not one_video.grad.any()
    more = torch.cat([SCORES, torch.tensor([[-9.0], [-9.0], [-9.0]], dtype=torch.float64)], dim=1)
    assert triplet_loss(more, LABELS, 0.2, hardest(3), hardest(3)).item() == pytest.approx(0.1833333333, abs=1e-9)


def test_triplet_gradient_reaches_positive_and_negative():
    scores = SCORES.clone().requires_grad_()
    triplet_loss(scores, LABELS, 0.2, hardest(2), hardest(3)).backward()
    expected = [[0, 0], [-1 / 3, 1 / 3 + 1 / 2], [0, -1 / 2]]
    assert torch.allclose(scores.grad, torch.tensor(expected, dtype=torch.float64))


def test_ranks_are_drawn_uniformly_from_all_negatives_or_the_pool():
    torch.manual_seed(0)
    easy = draw_ranks(torch.full((6000,), 6))
    assert set(easy.tolist()) == set(range(6)) and bool(((easy.bincount() - 1000).abs() < 150).all())
    assert set(draw_ranks(torch.full((500,), 6), pool=4).tolist()) == {0, 1, 2, 3}
    assert set(draw_ranks(torch.full((500,), 2), pool=4).tolist()) == {0, 1}
    assert draw_ranks(torch.zeros(3, dtype=torch.int64)).tolist() == [0, 0, 0]


def test_hard_triplets_meet_the_hardest_query_and_a_hard_video():
    torch.manual_seed(0)
    labels = torch.arange(40).repeat_interleave(2)
    videos, queries = draw_triplets(labels, 40, pool=20)
    assert not videos.any() and int(queries.max()) < 20 and len(queries.unique()) > 10
    videos, queries = draw_triplets(labels, 40, pool=None)
    assert 40 < int(videos.max()) < 78 and 20 < int(queries.max()) < 39


def test_triplets_of_pairs_by_hand():
    scores = torch.tensor([[0.9, 0.3, 0.85], [0.2, 0.5, 0.1], [0.95, 0.0, 0.4]])
    loss = triplet_loss(scores, torch.arange(3), 0.2, hardest(3), hardest(3))
    assert loss.item() == pytest.approx(0.6, abs=1e-6)
