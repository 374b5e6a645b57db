"""A clip's seconds are those of the rows it is the mean of, and the axis of clips runs forward through the video."""

import pytest
import torch
from helpers.parity import parity_arrays
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpus.clip_times import ClipTimes, clip_times, row_times
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


@st.composite
def moments(draw) -> tuple[ClipTimes, list[float], float]:
    """Times of one video, a moment in seconds that starts in it, and the seconds of a row."""
    own_pace, clips, row_seconds = draw(st.booleans()), draw(st.integers(1, 40)), draw(st.sampled_from([0.5, 1.5, 4.1]))
    rows = draw(st.integers(1, 120))
    end = (rows - draw(st.sampled_from([0.0, 0.25, 0.9, -2.0]))) * row_seconds
    times = (row_times if own_pace else clip_times)(rows, clips, row_seconds, end)
    start, length = draw(st.floats(0, 1)) * end, draw(st.floats(0.01, 1)) * end
    return ClipTimes(*(axis[None] for axis in times)), [start, start + length], row_seconds


@given(moments())
def test_a_moment_is_all_the_clips_that_it_touches(moment):
    times, (start, end), _ = moment
    seconds = torch.tensor([[start, end]], dtype=torch.float64)
    ((first, last),) = times.clips_of(torch.tensor([0]), seconds, "floor_ceil").tolist()
    borders = times.borders[0].tolist()
    touched = [clip for clip in range(len(borders) - 1) if max(start, borders[clip]) < min(end, borders[clip + 1])]
    real = [clip for clip in range(len(borders) - 1) if borders[clip] < borders[clip + 1]]
    assert (first, last) == ((touched[0], touched[-1]) if touched else (real[-1], real[-1]))
    assert times.starts_after(torch.tensor([0]), seconds).item() == (not touched)


@given(moments())
def test_rounded_clips_have_the_nearest_borders(moment):
    times, (start, end), _ = moment
    seconds = torch.tensor([[start, end]], dtype=torch.float64)
    ((first, last),) = times.clips_of(torch.tensor([0]), seconds, "round").tolist()
    borders = times.borders[0].unique()
    assert 0 <= first <= last < len(borders) - 1

    def off(border: torch.Tensor, time: float) -> bool:
        return bool((border - time).abs() > (borders - time).abs().min() + 1e-9)

    at_the_end = first == len(borders) - 2  # the clip must start before the end, wherever the nearest border is
    assert at_the_end or not off(borders[first], start)
    assert first == last or not off(borders[last + 1], end)


def test_of_two_borders_as_near_the_even_one_is_taken():
    times = of_rows(6, 6)
    halves = torch.tensor([[0.75, 3.75], [2.25, 5.25]], dtype=torch.float64)  # half of a clip of 1.5 s
    assert times.clips_of(torch.tensor([0, 0]), halves, "round").tolist() == [[0, 1], [2, 3]]


def test_a_moment_of_no_length_and_one_after_the_end_have_one_clip():
    times, seconds = of_rows(3, 8), torch.tensor([[1.5, 1.5], [60.0, 90.0], [-9.0, -8.0]], dtype=torch.float64)
    for rule in ("floor_ceil", "round"):
        clips = times.clips_of(torch.zeros(3, dtype=torch.int64), seconds, rule)
        assert clips.tolist() == [[1, 1], [2, 2], [0, 0]]
    assert times.starts_after(torch.zeros(3, dtype=torch.int64), seconds).tolist() == [False, True, False]


def of_rows(rows: int, clips: int) -> ClipTimes:
    """Of a corpus with one video at its own pace."""
    return ClipTimes(*(axis[None] for axis in row_times(rows, clips, SECONDS, rows * SECONDS)))


def test_labels_are_those_of_the_relative():
    fixture = parity_arrays("prem_pieces.npz")
    seconds, clips = torch.from_numpy(fixture["label_rule.input.ts"]), fixture["label_rule.input.n_clips"].tolist()
    times = ClipTimes(*map(torch.stack, zip(*(row_times(n, 100, SECONDS, 1e9) for n in clips), strict=True)))
    ours = times.clips_of(torch.arange(len(clips)), seconds, "floor_ceil")
    assert torch.equal(ours, torch.from_numpy(fixture["label_rule.expect.inclusive"]))


@given(rows=st.integers(1, 60), clips=st.integers(1, 40), cut=st.sampled_from([0.0, 0.3, 0.9]))
def test_at_its_own_pace_a_clip_is_a_row_until_there_are_no_more(rows, clips, cut):
    end = (rows - cut) * SECONDS
    spans, borders = row_times(rows, clips, SECONDS, end)
    assert spans.shape == (clips, 2) and torch.equal(torch.stack([borders[:-1], borders[1:]], dim=1), spans)
    seen = min(rows, clips)
    for row in range(seen):
        assert spans[row].tolist() == [row * SECONDS, min((row + 1) * SECONDS, end)]
    assert bool((spans[seen:] == spans[seen - 1, 1]).all())


def test_a_run_of_clips_is_all_of_their_rows():
    times = times_of(8, clips=4)
    video = torch.zeros(2, dtype=torch.int64)
    # Clips of two rows each, but the last of one: rows 0-1, 2-3, 4-5 and 6.
    assert times.of_stretches(video, torch.tensor([[0.25, 0.75], [0.75, 1.0]])).tolist() == [[3.0, 9.0], [9.0, 10.5]]
    # Two rows for four clips: 0, 0, 1, 1. The second and the third clip are both rows.
    assert times_of(2, clips=4).of_stretches(video[:1], torch.tensor([[0.25, 0.75]])).tolist() == [[0.0, 3.0]]
