"""Spans over several videos: which are kept, and in which order."""

import torch
from helpers.prem import recipe

from pipeline.localizers.common.interface import PairSpans
from pipeline.localizers.common.moments import (
    QUERIES_AT_ONCE,
    competing,
    distinct,
    localize_corpus,
    localize_videos,
    rank,
)
from pipeline.localizers.common.overlap import iou
from pipeline.models.common.interface import NO_MOMENT
from pipeline.retrieval.search import Retrieved

NONE = -torch.inf


def ranked(span: list, score: list, **changes) -> list[tuple[int, float, float]]:
    """What is kept of two spans in each of the videos 7 and 3: video, start, score."""
    own = recipe(**{"before_nms": 4, "after_nms": 3, "nms": 0.7, **changes})
    seconds = torch.tensor([span], dtype=torch.float64)
    found = rank(torch.tensor([[7, 3]]), seconds, torch.tensor([score]), own)
    assert found.video.shape == found.score.shape == found.span.shape[:2] == (1, own.after_nms)
    assert ((found.video == -1) == found.score.isneginf()).all()
    return [
        (video, start, score)
        for video, (start, _), score in zip(*(field[0].tolist() for field in found), strict=True)
        if video >= 0
    ]


APART = [[[0, 9], [20, 30]], [[0, 9], [40, 50]]]


def test_spans_of_all_videos_compete() -> None:
    assert ranked(APART, [[1.0, 4.0], [3.0, 2.0]]) == [(7, 20, 4), (3, 0, 3), (3, 40, 2)]


def test_of_equal_scores_the_better_video_and_the_better_span_in_it_come_first() -> None:
    assert ranked(APART, [[1.0, 1.0], [1.0, 1.0]]) == [(7, 0, 1), (7, 20, 1), (3, 0, 1)]


def test_a_span_that_repeats_a_better_one_of_its_video_is_dropped_and_the_next_one_takes_its_place() -> None:
    close = [[[0, 9], [0.5, 9]], [[0, 9], [40, 50]]]
    assert ranked(close, [[4.0, 3.0], [2.0, 1.0]]) == [(7, 0, 4), (3, 0, 2), (3, 40, 1)]
    assert ranked(close, [[4.0, 3.0], [2.0, 1.0]], nms=1.0) == [(7, 0, 4), (7, 0.5, 3), (3, 0, 2)]
    assert ranked(close, [[4.0, 3.0], [2.0, 1.0]], before_nms=2) == [(7, 0, 4)]


def test_what_is_no_span_is_not_in_the_list() -> None:
    assert ranked(APART, [[1.0, NONE], [NONE, NONE]]) == [(7, 0, 1)]
    assert ranked(APART, [[NONE, NONE], [NONE, NONE]]) == []
    assert ranked(APART, [[1.0, NONE], [2.0, NONE]], before_nms=50, after_nms=9) == [(3, 0, 2), (7, 0, 1)]


def drawn_spans(videos: int, spans: int) -> PairSpans:
    """Random spans of a minute in the videos of one query, the best first; the last video has a third of them."""
    generator = torch.Generator().manual_seed(3)
    span = 60 * torch.rand(1, videos, spans, 2, generator=generator, dtype=torch.float64).sort(dim=-1).values
    score = torch.rand(1, videos, spans, generator=generator).sort(dim=-1, descending=True).values
    score[0, -1, spans // 3 :] = NONE
    return PairSpans(span, score)


def test_the_distinct_spans_of_a_video_are_those_that_nms_keeps_of_it_alone():
    found = drawn_spans(3, 60)
    kept = distinct(found, 0.5, 9)
    for place in range(3):
        alone = rank(torch.zeros(1, 1, dtype=torch.int64), found.span[:, [place]], found.score[:, [place]],
                     recipe(before_nms=60, after_nms=9, nms=0.5))  # fmt: skip
        assert torch.equal(kept.score[:, place], alone.score)
        there = alone.video[0] >= 0
        assert torch.equal(kept.span[0, place][there], alone.span[0][there]) and there.sum() > 5
        overlaps = iou(kept.span[0, place][there][:, None], kept.span[0, place][there])
        assert bool((overlaps.fill_diagonal_(0) <= 0.5).all())


def test_with_a_limit_a_video_no_longer_fills_the_list_alone():
    found, videos = drawn_spans(3, 60), torch.tensor([[5, 8, 2]])
    own = recipe(before_nms=50, after_nms=50, nms=0.9, per_video=4)
    score = torch.tensor([[100.0, 10.0, 0.0]])[..., None]
    lists = {}
    for limit in (None, 4):
        rivals = competing(found, own.model_copy(update={"per_video": limit}))
        lists[limit] = rank(videos, rivals.span, score + rivals.score, own)
    assert set(lists[None].video[0].tolist()) <= {5, -1}
    assert lists[4].video[0, :12].tolist() == [5] * 4 + [8] * 4 + [2] * 4 and (lists[4].video[0, 12:] == -1).all()
    assert torch.equal(lists[4].span[0, 0], lists[None].span[0, 0])  # the first answer stays


class OneSpanAVideo:
    """Finds the span [query, query + 1 + video] in every video."""

    def spans(self, query: torch.Tensor, video: torch.Tensor) -> PairSpans:
        start = query[:, None].expand_as(video).double()
        return PairSpans(torch.stack([start, start + 1 + video], dim=-1)[:, :, None], video[..., None].float())

    def joint(self, retrieval: torch.Tensor, score: torch.Tensor) -> torch.Tensor:
        return 10 * retrieval[..., None] + score


def test_a_query_is_looked_for_in_its_best_videos_and_in_its_own_one() -> None:
    queries, kept = QUERIES_AT_ONCE + 3, 5
    generator = torch.Generator().manual_seed(0)
    video = torch.rand(queries, 20, generator=generator).argsort(dim=1)[:, :kept]
    score = torch.rand(queries, kept, generator=generator).sort(dim=1, descending=True).values
    nowhere = torch.zeros(queries, kept, 2)
    retrieved = Retrieved(video, score, torch.zeros_like(video), torch.full_like(video, NO_MOMENT), nowhere, nowhere)
    own, positions = recipe(videos=3, after_nms=4), torch.arange(queries).flip(0)
    found = localize_corpus(OneSpanAVideo(), retrieved, positions, own)
    assert found.video.shape == (queries, 4) and (found.video[:, 3] == -1).all()
    joint = (10 * score + video)[:, :3]
    order = joint.argsort(dim=1, descending=True)
    assert torch.equal(found.video[:, :3], video[:, :3].gather(1, order))
    assert torch.equal(found.score[:, :3], joint.gather(1, order))
    assert torch.equal(found.span[:, 0, 0], positions.double())
    own_video = localize_videos(OneSpanAVideo(), video[:, 4], positions, own)
    assert torch.equal(own_video.video[:, 0], video[:, 4]) and (own_video.video[:, 1:] == -1).all()
    assert torch.equal(own_video.score[:, 0], video[:, 4].float())
