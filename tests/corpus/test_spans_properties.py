"""Clips and seconds: whatever the numbers of rows and clips, time runs forward and nothing lies outside the video."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpus.clip_times import ClipTimes, clip_times
from pipeline.corpus.sampling import fixed_length


@st.composite
def videos(draw) -> tuple[int, int, float, float]:
    """(rows, clips, seconds a row, seconds of the picture's end, which lies in the last row or behind it)."""
    rows, clips = draw(st.integers(1, 300)), draw(st.integers(1, 64))
    row_seconds = draw(st.sampled_from([0.5, 1.0, 1.5, 2.0]))
    return rows, clips, row_seconds, (rows - draw(st.sampled_from([0.0, 0.25, 0.9, -3.0]))) * row_seconds


def of_corpus(times: ClipTimes) -> ClipTimes:
    """The times of a corpus that holds only this video."""
    return ClipTimes(*(axis[None] for axis in times))


@given(videos())
def test_clips_lie_in_the_video_and_never_go_back(video):
    *_, end = video
    spans, borders = clip_times(*video)
    assert spans.shape == (video[1], 2) and borders.shape == (video[1] + 1,)
    for axis in (spans[:, 0], spans[:, 1], borders):
        assert bool((axis.diff() >= 0).all()) and 0 <= axis.min() and axis.max() <= end
    assert bool((spans[:, 0] < spans[:, 1]).all())
    assert borders[0] == spans[0, 0] == 0 and borders[-1] == spans[-1, 1]


@given(videos())
def test_a_clip_is_the_mean_of_the_rows_that_its_span_holds(video):
    rows, clips, row_seconds, _ = video
    spans, _ = clip_times(rows, clips, row_seconds, math.inf)
    assert spans.max() <= rows * row_seconds
    starts = torch.arange(rows, dtype=torch.float64) * row_seconds
    for average, (start, end) in zip(fixed_length(starts[:, None], clips)[:, 0], spans, strict=True):
        assert starts[(starts >= start) & (starts < end)].mean().item() == pytest.approx(average.item())


@given(videos(), st.data())
def test_a_span_of_shares_is_a_span_of_seconds_in_the_video(video, data):
    *_, end = video
    times = of_corpus(clip_times(*video))
    shares = sorted(data.draw(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=8)))
    pairs = torch.tensor([[low, high] for low, high in zip(shares, shares[1:], strict=False)])
    seconds = times.of_shares(torch.zeros(len(pairs), dtype=torch.long), pairs)
    assert bool((seconds >= 0).all()) and bool((seconds <= end + 1e-9).all())
    assert bool((seconds.flatten().diff() >= -1e-9).all())


@given(videos(), st.data())
def test_a_run_of_clips_begins_and_ends_with_its_clips(video, data):
    clips = video[1]
    times = of_corpus(clip_times(*video))
    first = data.draw(st.integers(0, clips - 1))
    last = data.draw(st.integers(first, clips - 1))
    run = torch.tensor([[first, last + 1]]) / clips
    [[start, end]] = times.of_stretches(torch.tensor([0]), run).tolist()
    assert (start, end) == (times.spans[0, first, 0].item(), times.spans[0, last, 1].item())
