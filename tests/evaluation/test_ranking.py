"""The ranking of a split is the full matrix of scores sorted, and says where in each video."""

import dataclasses

import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.evaluation.ranking import rank_corpus
from pipeline.retrieval import encoding, search
from pipeline.retrieval import index as index_module
from pipeline.retrieval.index import Index
from pipeline.retrieval.metrics import corpus_ranks, ranks

CPU = torch.device("cpu")


def with_clips(corpus, clips):
    return dataclasses.replace(corpus, videos=corpus.videos._replace(clips=clips))


def ranked(model, corpus):
    return rank_corpus(Index.build(model, corpus, CPU), corpus)


def tensors(ranking):
    return [ranking.ranks, *ranking.top, *ranking.own, ranking.moments]


def test_is_the_full_score_matrix_sorted(model, corpus):
    scores = torch.einsum("qd,bnd->qbn", corpus.query[:, 0], corpus.videos.clips)
    best, position = scores.max(dim=2)
    ranking = ranked(model, corpus)
    assert torch.equal(ranking.ranks, ranks(best, corpus.labels))
    assert torch.equal(ranking.top.video, best.argsort(dim=1, descending=True)[:, :10])
    torch.testing.assert_close(ranking.own.score, best.gather(1, corpus.labels[:, None]))
    in_second_half = (position.gather(1, ranking.top.video) >= 4).long()
    assert torch.equal(ranking.top.moment, in_second_half)
    torch.testing.assert_close(ranking.top.span[..., 0], in_second_half * 0.5)
    own = (position.gather(1, corpus.labels[:, None]) >= 4).long()
    assert torch.equal(ranking.own.moment, own) and torch.equal(ranking.own.video, corpus.labels[:, None])


@pytest.mark.parametrize(("video_block", "query_block"), [(1, 30), (2, 7), (11, 1), (100, 100)])
def test_blocks_change_nothing_where_scores_are_exact(model, corpus, monkeypatch, video_block, query_block):
    exact = dataclasses.replace(corpus, query=corpus.query.round())
    exact = with_clips(exact, exact.videos.clips.round())  # small integers: every sum is exact, and many are equal
    whole = ranked(model, exact)
    for module in (search, encoding):
        monkeypatch.setattr(module, "VIDEO_BLOCK", video_block)
    monkeypatch.setattr(index_module, "QUERY_BLOCK", query_block)
    for one, other in zip(tensors(whole), tensors(ranked(model, exact)), strict=True):
        assert torch.equal(one, other)
    assert torch.equal(corpus_ranks(model, exact, CPU), whole.ranks)


def test_the_top_is_what_a_search_without_labels_finds(model, corpus):
    index = Index.build(model, corpus, CPU)
    for one, other in zip(
        rank_corpus(index, corpus).top, index.search(corpus.query, corpus.query_mask, 10), strict=True
    ):
        assert torch.equal(one, other)


def test_training_counts_the_same_ranks(model, corpus):
    assert torch.equal(corpus_ranks(model, corpus, CPU), ranked(model, corpus).ranks)


def test_equal_scores_count_against_the_own_video(model, corpus):
    equal = with_clips(corpus, torch.ones_like(corpus.videos.clips))
    assert set(ranked(model, equal).ranks.tolist()) == {12}


def test_a_diverged_model_is_refused(model, corpus):
    broken = with_clips(corpus, corpus.videos.clips * float("nan"))
    for rank in (ranked, lambda model, corpus: corpus_ranks(model, corpus, CPU)):
        with pytest.raises(PipelineError, match="diverged"):
            rank(model, broken)


def test_the_list_of_videos_is_longer_than_what_is_looked_at_again(model, corpus):
    ranking = ranked(model, corpus)
    scores = torch.einsum("qd,bnd->qbn", corpus.query[:, 0], corpus.videos.clips).amax(dim=2)
    expected = scores.sort(dim=1, descending=True, stable=True)
    assert torch.equal(ranking.listed, expected.indices) and ranking.listed.shape == (30, 12)
    torch.testing.assert_close(ranking.listed_score, expected.values)
    more = rank_corpus(Index.build(model, corpus, CPU), corpus, 11)
    assert more.top.video.shape == (30, 11) and torch.equal(more.top.video[:, :10], ranking.top.video)
