"""The best are those of a stable sort, and what is retrieved is asked of the model for its own query and video."""

import pytest
import torch
from helpers.indexed import asked, index_of
from helpers.models import SUBTITLE_SIZE, VIDEO_SIZE

from pipeline.models.common.interface import NO_MOMENT
from pipeline.retrieval import search
from pipeline.retrieval.search import Comparison, Retrieved, best_first


@pytest.mark.parametrize("levels", [1, 2, 5, 1000])
@pytest.mark.parametrize("videos", [3, 10, 11, 60])
def test_the_best_are_those_of_a_stable_sort(levels, videos):
    generator = torch.Generator().manual_seed(levels * videos)
    score = torch.randint(levels, (50, videos), generator=generator).float()
    expected = score.sort(dim=1, descending=True, stable=True).indices[:, :10]
    assert torch.equal(best_first(score, 10), expected)


class Watched:
    """Names a span that tells which query, video and position it was asked for."""

    def __init__(self):
        self.asked = []

    def localize(self, query, index, video, position):
        self.asked.append(len(video))
        assert torch.equal(index[0][video, 0], video)
        return torch.full_like(position, NO_MOMENT), torch.stack([query[:, 0], video * 1000 + position], dim=1)

    def place(self, position):
        return torch.stack([position, position + 1], dim=1) / 8


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_the_model_is_asked_about_few_pairs_at_a_time_and_answers_stay_in_order(monkeypatch, at_once):
    monkeypatch.setattr(search, "LOCALIZED_AT_ONCE", at_once)
    model, generator = Watched(), torch.Generator().manual_seed(0)
    position = torch.randint(8, (5, 20), generator=generator)
    vectors = (torch.arange(20)[:, None],)
    video = torch.stack([torch.randperm(20, generator=generator)[:4] for _ in range(5)])
    found = Comparison(model, vectors, torch.arange(5)[:, None], torch.zeros(5, 20), position).retrieve(video)
    assert max(model.asked) == min(at_once, 20) and sum(model.asked) == 20
    assert torch.equal(found.span[..., 0], torch.arange(5)[:, None].expand(5, 4))
    assert torch.equal(found.span[..., 1], video * 1000 + position.gather(1, video))
    assert torch.equal(found.place[..., 0] * 8, position.gather(1, video).float())


def test_a_moment_is_told_in_seconds_and_else_the_stretch_of_clips_that_answers(corpus):
    found = Retrieved(
        torch.tensor([[11, 11]]),
        torch.zeros(1, 2),
        torch.tensor([[0, 4]]),
        torch.tensor([[0, NO_MOMENT]]),
        torch.tensor([[[0.25, 0.8], [0.5, 0.75]]]),
        torch.tensor([[[0.0, 0.0], [0.5, 0.625]]]),
    )
    assert corpus.durations[11] == 40
    torch.testing.assert_close(found.seconds(corpus.times), torch.tensor([[[10.0, 32.0], [20.0, 30.0]]]).double())


@pytest.mark.parametrize("name", ["amdnet", "ms_sl", "prem"])
@pytest.mark.parametrize("at_once", [1, 2000, 10**9])
def test_how_many_blocks_are_looked_at_together_changes_no_bit(make_model, monkeypatch, name, at_once):
    index = index_of(make_model(name), 40, VIDEO_SIZE, SUBTITLE_SIZE)
    query, named = asked(index, 6), torch.arange(12).view(6, 2)
    monkeypatch.setattr(search, "VIDEO_BLOCK", 7)
    monkeypatch.setattr(search, "FEW_QUERIES", 0)
    monkeypatch.setattr(search, "KEPT_AT_ONCE", at_once)
    scored = [index.model.score(query, block) for block in search.blocks_of(index.vectors)]
    score, similarity = (torch.cat(fields, dim=1) for fields in zip(*scored, strict=True))
    found = search.compare(index.model, index.vectors, query, 3, named)
    assert len(scored) == 6 and torch.equal(found.score, score)
    for chosen in (best_first(score, 3), named):
        position = similarity.take_along_dim(chosen[..., None], dim=1).argmax(dim=-1)
        assert torch.equal(found.position.gather(1, chosen), position)


@pytest.mark.parametrize("name", ["amdnet", "gmmformer", "ms_sl", "prem", "cca", "zero_shot"])
@pytest.mark.parametrize("queries", [1, 3, 8])
def test_larger_blocks_of_videos_for_few_queries_change_no_bit(make_model, monkeypatch, name, queries):
    index = index_of(make_model(name), 1100, VIDEO_SIZE, SUBTITLE_SIZE)
    query = asked(index, queries)
    larger = search.scores(index.model, index.vectors, query)
    monkeypatch.setattr(search, "FEW_QUERIES", 0)
    assert torch.equal(search.scores(index.model, index.vectors, query), larger)
