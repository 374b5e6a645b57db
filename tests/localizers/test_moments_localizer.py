"""What a retriever finds by itself: its answer comes first, the others differ from it, and videos keep their order."""

import pytest
import torch
from helpers.localized import RECIPE, opened
from helpers.nearest_clip import NearestClip, small_corpus

from pipeline.evaluation.answers import Answer, window
from pipeline.models.common.interface import NO_MOMENT, RetrievalModel
from pipeline.models.common.runs import runs_of

QUERIES = torch.arange(30)


class Clips(NearestClip):
    """The same model without its two moments."""

    def encode_video(self, videos):
        encoding = super().encode_video(videos)
        return encoding._replace(spans=encoding.spans[:, :0])

    def localize(self, query, index, video, position):
        return torch.full_like(position, NO_MOMENT), self.place(position)

    candidates = RetrievalModel.candidates


@pytest.fixture(scope="module")
def corpus():
    return small_corpus()


def answer_of(width):
    return Answer("window" if width else "model", width, {})


@pytest.mark.parametrize("width", [None, 0.3])
def test_the_first_span_of_a_video_is_the_retrievers_answer(corpus, width):
    localizer, ranking = opened(NearestClip(), corpus, answer_of(width))
    for retrieved in (ranking.top, ranking.own):
        answer = window(corpus, retrieved, width) if width else retrieved.seconds(corpus.times)
        assert torch.equal(localizer.spans(QUERIES, retrieved.video).span[:, :, 0], answer)


@pytest.mark.parametrize("width", [None, 0.3])
def test_spans_of_a_video_come_by_score(corpus, width):
    localizer, ranking = opened(Clips(), corpus, answer_of(width))
    found = localizer.spans(QUERIES, ranking.top.video)
    there = found.score.isfinite()
    assert bool((there.sum(dim=-1) > 3).all()) and bool(there[..., :-1].ge(there[..., 1:]).all())
    worse = found.score[..., 1:][there[..., 1:]] <= found.score[..., :-1][there[..., 1:]]
    assert bool(worse.all())
    assert bool((found.span >= 0).all()) and bool(
        (found.span <= corpus.durations[ranking.top.video][..., None, None]).all()
    )


def test_runs_of_clips_are_the_candidates_of_a_model_without_moments(corpus):
    localizer, ranking = opened(Clips(), corpus, recipe=RECIPE.model_copy(update={"nms": 1.0}))
    found = localizer.spans(QUERIES, ranking.own.video)
    start, size = runs_of(8)
    step = corpus.durations[corpus.labels] / 8
    runs = torch.stack([start, start + size], dim=-1) * step[:, None, None]
    assert found.span.shape == (30, 1, 36, 2)
    torch.testing.assert_close(*(spans.sum(dim=-1).sort(dim=1).values for spans in (found.span[:, 0], runs)))


def test_windows_lie_around_every_clip_in_three_widths(corpus):
    localizer, ranking = opened(Clips(), corpus, answer_of(0.25), RECIPE.model_copy(update={"nms": 1.0}))
    found = localizer.spans(QUERIES, ranking.own.video)
    share = (found.span / corpus.durations[ranking.own.video][..., None, None])[:, 0]
    middle, width = share.mean(dim=-1), share[..., 1] - share[..., 0]
    inside = (share[..., 0] > 1e-9) & (share[..., 1] < 1 - 1e-9) & found.score[:, 0].isfinite()
    widths = {round(value, 6) for value in width[inside].tolist()}
    assert widths == {round(0.25 * factor, 6) for factor in (1, 2 / 3, 3 / 2)}
    assert {round(value * 16) for value in middle[inside].tolist()} >= {3, 5, 7, 9, 11, 13}


@pytest.mark.parametrize("width", [None, 0.3])
def test_the_first_spans_rank_like_the_videos_and_no_span_is_above_its_video(corpus, width):
    localizer, ranking = opened(Clips(), corpus, answer_of(width))
    found = localizer.spans(QUERIES, ranking.top.video)
    joint = localizer.joint(ranking.top.score, found.score)
    assert torch.equal(joint[..., 0], ranking.top.score)
    assert bool((joint <= joint[..., :1]).all())


def test_a_pair_that_was_not_retrieved_is_refused(corpus):
    localizer, ranking = opened(Clips(), corpus)
    left_out = [({*range(12)} - {*row}).pop() for row in ranking.top.video.tolist()]
    query = next(query for query, video in enumerate(left_out) if video != corpus.labels[query])
    with pytest.raises(ValueError, match="was not retrieved"):
        localizer.spans(torch.tensor([query]), torch.tensor([[left_out[query]]]))


def test_a_localizer_without_starts_and_ends_has_no_curves(corpus):
    localizer, _ = opened(Clips(), corpus)
    assert localizer.curves(QUERIES, corpus.labels) == []
