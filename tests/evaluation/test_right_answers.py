"""Several right videos a query: the best one counts, beside the numbers of the own video, which stay."""

import dataclasses

import pytest
import torch
from helpers.localized import evaluate_split

from pipeline.evaluation.ranking import rank_corpus
from pipeline.evaluation.right_answers import other_answers
from pipeline.retrieval import index as index_module
from pipeline.retrieval.index import Index
from pipeline.retrieval.metrics import any_ranks

CPU = torch.device("cpu")


def ranked(model, corpus):
    return rank_corpus(Index.build(model, corpus, CPU), corpus)


def test_positions_of_the_other_right_videos_that_have_features(corpus):
    assert other_answers(corpus).shape == (30, 0)
    also = [("not here", "video02", "video11"), ("video00",), ()] * 10
    assert other_answers(dataclasses.replace(corpus, also=also)).tolist() == [[2, 11], [0, -1], [-1, -1]] * 10
    assert other_answers(dataclasses.replace(corpus, also=[("not here",)] * 30)).shape == (30, 0)


def test_any_right_video_counts_where_it_is_known(model, corpus, monkeypatch):
    assert torch.equal(ranked(model, corpus).any_ranks, ranked(model, corpus).ranks)
    several = dataclasses.replace(corpus, also=[tuple(corpus.video_ids[: query // 3]) for query in range(30)])
    whole = ranked(model, several)
    scores = torch.einsum("qd,bnd->qbn", corpus.query[:, 0], corpus.videos.clips).amax(dim=2)
    columns = torch.tensor([[video if video < query // 3 else -1 for video in range(9)] for query in range(30)])
    assert torch.equal(whole.any_ranks, any_ranks(scores, corpus.labels, columns))
    assert (whole.any_ranks < whole.ranks).any() and torch.equal(whole.ranks, ranked(model, corpus).ranks)
    monkeypatch.setattr(index_module, "QUERY_BLOCK", 7)
    assert torch.equal(ranked(model, several).any_ranks, whole.any_ranks)


def test_any_right_video_is_measured_beside_the_own_one_where_it_is_known(model, corpus):
    alone = evaluate_split(model, corpus)
    assert "retrieval_any" not in alone.metrics
    first = [{row["ranking"][0]["video_id"]} - {row["video_id"]} for row in alone.rankings]
    also = [(*videos, "without features") for videos in first]
    several = evaluate_split(model, dataclasses.replace(corpus, also=also))
    assert several.metrics["retrieval"] == alone.metrics["retrieval"] and several.rankings == alone.rankings
    found, wrong = several.metrics["retrieval_any"], sum(map(len, first))
    assert [found[f"R@{k}"] for k in (1, 5, 10, 100)] == [100] * 4 and 0 < wrong < 30
    assert found["right videos a query"] == pytest.approx(1 + wrong / 30)
