"""Ranking in blocks gives what ranking at once gives, and says where in each video."""

import dataclasses

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.corpus.videos import VideoRows
from pipeline.retrieval.metrics import ranks
from pipeline.retrieval.rank import best_first, rank_corpus

CPU = torch.device("cpu")


def with_clips(corpus, clips):
    return dataclasses.replace(corpus, videos=corpus.videos._replace(clips=clips))


def tensors(ranking):
    return [ranking.ranks, *ranking.top, *ranking.own, ranking.moments]


@pytest.mark.parametrize(("video_block", "query_block"), [(1, 1), (5, 7), (12, 4)])
def test_blocks_change_nothing(model, corpus, video_block, query_block):
    whole = rank_corpus(model, corpus, CPU)
    blocked = rank_corpus(model, corpus, CPU, video_block, query_block)
    assert torch.equal(whole.top.video, blocked.top.video)
    for one, other in zip(tensors(whole), tensors(blocked), strict=True):
        torch.testing.assert_close(one, other)


def test_is_the_full_score_matrix_sorted(model, corpus):
    scores = torch.einsum("qd,bnd->qbn", corpus.query[:, 0], corpus.videos.clips)
    best, position = scores.max(dim=2)
    ranking = rank_corpus(model, corpus, CPU)
    assert torch.equal(ranking.ranks, ranks(best, corpus.labels))
    assert torch.equal(ranking.top.video, best.argsort(dim=1, descending=True)[:, :10])
    torch.testing.assert_close(ranking.own.score, best.gather(1, corpus.labels[:, None]))
    in_second_half = (position.gather(1, ranking.top.video) >= 4).long()
    assert torch.equal(ranking.top.moment, in_second_half)
    torch.testing.assert_close(ranking.top.span[..., 0], in_second_half * 0.5)


def test_a_corpus_smaller_than_the_list_is_ranked_whole(model, corpus):
    few = VideoRows(*(field[:3] for field in corpus.videos))
    small = dataclasses.replace(corpus, videos=few, labels=corpus.labels % 3)
    assert rank_corpus(model, small, CPU).top.video.shape == (30, 3)


def test_equal_scores_come_in_the_order_of_the_ids(model, corpus):
    equal = with_clips(corpus, torch.ones_like(corpus.videos.clips))
    ranking = rank_corpus(model, equal, CPU)
    assert ranking.top.video[0].tolist() == list(range(10))
    assert set(ranking.ranks.tolist()) == {12}


@pytest.mark.parametrize("levels", [1, 2, 5, 1000])
@pytest.mark.parametrize("videos", [3, 10, 11, 60])
def test_the_best_are_those_of_a_stable_sort(levels, videos):
    generator = torch.Generator().manual_seed(levels * videos)
    score = torch.randint(levels, (50, videos), generator=generator).float()
    expected = score.sort(dim=1, descending=True, stable=True).indices[:, :10]
    assert torch.equal(best_first(score, 10), expected)


@pytest.mark.parametrize(("video_block", "query_block"), [(1, 30), (2, 7), (11, 1), (100, 100)])
def test_blocks_change_no_rank_where_scores_are_exact(model, corpus, video_block, query_block):
    exact = dataclasses.replace(corpus, query=corpus.query.round())
    exact = with_clips(exact, exact.videos.clips.round())  # small integers: every sum is exact, and many are equal
    whole = rank_corpus(model, exact, CPU)
    for one, other in zip(
        tensors(whole), tensors(rank_corpus(model, exact, CPU, video_block, query_block)), strict=True
    ):
        assert torch.equal(one, other)


def test_a_diverged_model_is_refused(model, corpus):
    broken = with_clips(corpus, corpus.videos.clips * float("nan"))
    with pytest.raises(PipelineError, match="diverged"):
        rank_corpus(model, broken, CPU)


def test_the_index_is_counted_in_bytes(model, corpus):
    assert rank_corpus(model, corpus, CPU, video_block=5).index_bytes == 12 * (8 * 16 + 4) * 4
