"""Runs of clips: which there are, and that their scores are those of the clips' means."""

import pytest
import torch
import torch.nn.functional as F

from pipeline.models.common.runs import answer_first, behind, run_similarities, runs_of

GENERATOR = torch.Generator().manual_seed(0)


def test_every_run_is_there_once_and_single_clips_come_first():
    start, size = runs_of(6)
    assert start[:6].tolist() == [0, 1, 2, 3, 4, 5] and set(size[:6].tolist()) == {1}
    assert (start[-1], size[-1]) == (0, 6)
    runs = set(zip(start.tolist(), (start + size).tolist(), strict=True))
    assert runs == {(first, end) for first in range(6) for end in range(first + 1, 7)} and len(start) == 21


def test_the_score_is_the_cosine_with_the_mean_of_the_clips():
    query, clips = torch.randn(5, 7, generator=GENERATOR), torch.randn(5, 9, 7, generator=GENERATOR)
    found = run_similarities(query, clips)
    for run, (start, size) in enumerate(zip(*map(torch.Tensor.tolist, runs_of(9)), strict=True)):
        expected = F.cosine_similarity(query, clips[:, start : start + size].mean(dim=1), dim=-1)
        torch.testing.assert_close(found[:, run], expected)


def test_runs_of_many_like_clips_lose_no_digits():
    clip = F.normalize(torch.randn(1, 1, 16, generator=GENERATOR), dim=-1)
    clips = clip + 1e-3 * torch.randn(1, 200, 16, generator=GENERATOR)
    query = clip[0] + torch.randn(1, 16, generator=GENERATOR)
    exact = run_similarities(query.double(), clips.double())
    assert (run_similarities(query, clips) - exact).abs().max() < 1e-6


def test_runs_with_padding_are_no_candidates_and_padding_changes_no_other():
    query, clips = torch.randn(3, 7, generator=GENERATOR), torch.randn(3, 6, 7, generator=GENERATOR)
    found = run_similarities(query, clips, torch.tensor([6, 4, 1]))
    start, size = runs_of(6)
    for row, count in enumerate([6, 4, 1]):
        inside = start + size <= count
        assert found[row].isneginf().tolist() == (~inside).tolist()
        alone = run_similarities(query[row, None], clips[row, None, :count])[0]
        torch.testing.assert_close(found[row, inside], alone)


def test_the_answer_comes_first_and_the_others_by_score():
    spans = torch.arange(5)[None, :, None].expand(2, 5, 2).float()
    score = torch.tensor([[0.1, 0.5, 0.3, 0.5, -torch.inf], [0.9, 0.2, 0.9, 0.1, 0.3]])
    ordered, scores = answer_first(spans, score, torch.tensor([2, 2]))
    assert ordered[..., 0].tolist() == [[2, 1, 3, 0, 4], [2, 0, 4, 1, 3]]
    assert scores[0].tolist() == pytest.approx([0.5, 0.5, 0.5, 0.1, -torch.inf])
    assert scores[1].tolist() == pytest.approx([0.9, 0.9, 0.3, 0.2, 0.1])


def test_what_comes_behind_keeps_its_order_and_its_distances():
    first, others = torch.tensor([[0.5, 0.2]]), torch.tensor([[0.9, 0.8, 0.4, -torch.inf]])
    spans, score = behind((torch.zeros(1, 2, 2), first), (torch.ones(1, 4, 2), others))
    assert spans[0, :, 0].tolist() == [0, 0, 1, 1, 1, 1]
    assert score[0].tolist() == pytest.approx([0.5, 0.2, 0.2, 0.1, -0.3, -torch.inf])
