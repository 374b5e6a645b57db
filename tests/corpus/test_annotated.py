"""Of the annotated spans of a query one is trained with, as whole clips of the query's own video."""

from dataclasses import replace

import pytest
import torch
from helpers.nearest_clip import small_corpus

from pipeline.corpus.annotated import NO_CLIP, PAST_THE_LAST_CLIP, clips_of_queries, one_span
from pipeline.corpus.clip_times import ClipTimes, row_times
from pipeline.corpus.corpus import Corpus


@pytest.fixture
def corpus() -> Corpus:
    """Query i is about video i; videos at their own pace, of three to six rows of a second, of which four are seen."""
    times = [row_times(3 + number % 4, 4, 1.0, 100.0) for number in range(12)]
    first = small_corpus()
    return replace(first, times=ClipTimes(*map(torch.stack, zip(*times, strict=True))), labels=torch.arange(30) % 12)


def with_spans(corpus: Corpus, **spans) -> Corpus:
    """with_spans(corpus, q3=[(0.0, 1.0)]) -> the corpus in which no query but 3 has spans."""
    return replace(corpus, spans=[tuple(spans.get(f"q{number}", ())) for number in range(30)])


def test_of_several_spans_the_one_that_most_annotators_gave_counts(corpus):
    spans = {"q0": [(0.0, 3.0), (3.0, 6.0), (3.0, 6.0)], "q5": [(4.5, 9.0), (0.0, 9.0)]}
    seconds, known = one_span(with_spans(corpus, **spans))
    assert known.nonzero()[:, 0].tolist() == [0, 5] and seconds.dtype == torch.float64
    assert seconds[known].tolist() == [[3.0, 6.0], [4.5, 9.0]] and not seconds[~known].any()


def test_no_query_need_have_a_span(corpus):
    seconds, known = one_span(with_spans(corpus))
    assert seconds.shape == (30, 2) and not known.any()
    assert bool((clips_of_queries(with_spans(corpus), corpus.labels, "floor_ceil") == NO_CLIP).all())


def test_clips_are_those_of_the_span_in_the_query_s_own_video(corpus):
    spans = {"q1": [(0.9, 2.2)], "q13": [(0.9, 2.2)], "q2": [(1.0, 2.0)]}
    asked = with_spans(corpus, **spans)
    clips = clips_of_queries(asked, corpus.labels, "floor_ceil")
    assert {place: clips[place].tolist() for place in (1, 13, 2)} == {1: [0, 2], 13: [0, 2], 2: [1, 1]}
    assert bool((clips == NO_CLIP).all(dim=1).sum() == 27)
    assert clips_of_queries(asked, corpus.labels, "round")[1].tolist() == [1, 1]


def test_a_query_that_was_given_to_another_video_has_no_clips(corpus):
    asked = with_spans(corpus, q1=[(0.9, 2.2)], q2=[(1.0, 2.0)])
    labels = corpus.labels.clone()
    labels[1] = 7
    clips = clips_of_queries(asked, labels, "floor_ceil")
    assert clips[1].tolist() == [NO_CLIP, NO_CLIP] and clips[2].tolist() == [1, 1]


@pytest.mark.parametrize("rule", ["floor_ceil", "round"])
def test_a_span_in_rows_that_were_cut_off_is_told_from_one_that_is_not_known(corpus, rule):
    asked = with_spans(corpus, q3=[(4.0, 5.0)], q15=[(4.5, 5.0)], q2=[(3.5, 5.0)])  # videos of six and of five rows
    labels = corpus.labels.clone()
    labels[15] = 2
    clips = clips_of_queries(asked, labels, rule)
    assert clips[3].tolist() == [PAST_THE_LAST_CLIP] * 2 and clips[2].tolist() == [3, 3]
    assert clips[15].tolist() == clips[4].tolist() == [NO_CLIP] * 2
