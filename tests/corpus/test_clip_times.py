"""A clip's seconds are those of the rows it is the mean of, and the axis of clips runs forward through the video."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpus.clip_times import ClipTimes, clip_times
from pipeline.corpus.sampling import fixed_length

CLIPS, SECONDS = 32, 1.5
LENGTHS = [1, 2, 5, 31, 32, 33, 47, 48, 49, 64, 97, 1000]


def times_of(rows: int, end: float | None = None, clips: int = CLIPS) -> ClipTimes:
    """Of a corpus with one video."""
    return ClipTimes(*(axis[None] for axis in clip_times(rows, clips, SECONDS, rows * SECONDS if end is None else end)))


@pytest.mark.parametrize("rows", LENGTHS)
def test_a_clip_is_the_mean_of_the_rows_in_its_span(rows):
    starts = torch.arange(rows, dtype=torch.float64) * SECONDS
    averages = fixed_length(starts[:, None], CLIPS)[:, 0]
    for average, (start, end) in zip(averages, times_of(rows).spans[0], strict=True):
        inside = starts[(starts >= start) & (starts < end)]
        assert len(inside) == round((end - start).item() / SECONDS) and inside.mean() == average


@pytest.mark.parametrize("rows", LENGTHS)
def test_the_axis_runs_forward_from_the_start_to_the_end_of_the_last_clip(rows):
    spans, borders = (axis[0] for axis in times_of(rows))
    assert borders[0] == 0 and borders[-1] == spans[-1, 1] and bool((borders.diff() > 0).all())
    assert borders[-1] == (rows if rows < 1.5 * CLIPS else rows - 1) * SECONDS
    assert bool((borders[:-1] >= spans[:, 0]).all()) and bool((borders[1:] <= spans[:, 1]).all())
    if rows >= CLIPS:
        assert torch.equal(borders[:-1], spans[:, 0]) and torch.equal(borders[1:], spans[:, 1])


@pytest.mark.parametrize("rows", LENGTHS)
def test_nothing_ends_after_the_video(rows):
    end = rows * SECONDS - 1.0
    spans, borders = times_of(rows, end)
    assert spans.max() <= end and borders.max() <= end
    assert bool((spans[..., 1] > spans[..., 0]).all())


def test_shares_lie_between_the_borders_and_keep_their_order():
    times = ClipTimes(*map(torch.cat, zip(times_of(5), times_of(40), times_of(300), strict=True)))
    video = torch.arange(3).repeat_interleave(200)
    share = torch.rand(600, 2, generator=torch.Generator().manual_seed(0)).sort(dim=1).values
    seconds = times.of_shares(video, share)
    assert bool((seconds[:, 0] <= seconds[:, 1]).all())
    longest = times.borders[video, -1]
    assert bool((seconds >= 0).all()) and bool((seconds[:, 1] <= longest).all())
    whole = times.of_shares(torch.arange(3), torch.tensor([[0.0, 1.0]]).expand(3, 2))
    assert torch.equal(whole, torch.stack([torch.zeros(3), times.borders[:, -1]], dim=1).double())


@given(
    rows=st.integers(1, 200), clips=st.integers(1, 40), cut=st.floats(0, 1), shares=st.tuples(*[st.floats(0, 1)] * 2)
)
def test_shares_become_seconds_and_shares_again(rows, clips, cut, shares):
    times, video = times_of(rows, (rows - cut) * SECONDS + 1e-3, clips), torch.zeros(1, dtype=torch.int64)
    end = times.borders[0, -1]
    seconds = times.of_shares(video, torch.tensor([shares], dtype=torch.float64))
    again = times.shares_of(video, seconds)
    assert bool((again >= 0).all()) and bool((again <= 1).all())
    inside = seconds < end - 1e-9  # after the last time of all, an axis of clips may go on for nothing
    assert torch.allclose(again[inside], torch.tensor([shares], dtype=torch.float64)[inside], atol=1e-6)
    assert torch.allclose(times.of_shares(video, again), seconds)


def test_what_lies_outside_the_axis_becomes_its_start_or_end():
    times, video = times_of(40), torch.zeros(2, dtype=torch.int64)
    seconds = torch.tensor([[-1.0, 0.0], [60.0, 1e6]], dtype=torch.float64)
    assert times.shares_of(video, seconds).tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_a_run_of_clips_is_all_of_their_rows():
    times = times_of(8, clips=4)
    video = torch.zeros(2, dtype=torch.int64)
    # Clips of two rows each, but the last of one: rows 0-1, 2-3, 4-5 and 6.
    assert times.of_stretches(video, torch.tensor([[0.25, 0.75], [0.75, 1.0]])).tolist() == [[3.0, 9.0], [9.0, 10.5]]
    # Two rows for four clips: 0, 0, 1, 1. The second and the third clip are both rows.
    assert times_of(2, clips=4).of_stretches(video[:1], torch.tensor([[0.25, 0.75]])).tolist() == [[0.0, 3.0]]
