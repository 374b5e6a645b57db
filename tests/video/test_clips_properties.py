"""Clip plans of any timeline: forward, complete, and each frame shown when its clip shows it; `clip_count` covers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.clock import ROUNDING, clip_count
from pipeline.video import clips
from pipeline.video.reader import SinceFirst, Timeline

SECONDS = st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.3])
CLOSE = 1e-4
"""Seconds: more than float32 rounds times of this size by."""


@st.composite
def timelines(draw) -> Timeline:
    """Up to 80 frames at whole milliseconds: some at one time, some apart by up to 5 s; a late start, a held end."""
    steps = draw(st.lists(st.sampled_from([0, 1, 33, 40, 200, 1500, 5000]), max_size=79))
    milliseconds = np.cumsum([0, *steps])
    late, held = draw(st.integers(0, 4000)) / 1000, draw(st.integers(0, 9000)) / 1000
    fps, header = draw(st.sampled_from([3.0, 15.0, 24000 / 1001, 30.0, 60.0])), draw(st.booleans())
    starts = (milliseconds / 1000).astype(np.float32)
    end = milliseconds[-1] / 1000 + 1 / fps
    since_first = SinceFirst(starts, float(np.float32(end)), end if header else None)
    return Timeline((milliseconds / 1000 + late).astype(np.float32), late + end + held, fps, since_first)


def timed_plans(line: Timeline, seconds: float, rate: float) -> list[list[np.ndarray]]:
    return [clips.full_clip(line, seconds), clips.middle(line, seconds), clips.uniform(line, seconds, rate)]


@given(timelines(), SECONDS, st.sampled_from([0.3, 1.0, 3.0]))
def test_every_plan_reads_forward_and_no_clip_is_empty(line, seconds, rate):
    published = [clips.published_slowfast(line), clips.published_resnet(line)]
    for plan in [*timed_plans(line, seconds, rate), *published]:
        indices = np.concatenate(plan)
        assert all(len(clip) for clip in plan)
        assert (np.diff(indices) >= 0).all() and 0 <= indices[0] and indices[-1] < len(line.starts)


@given(timelines(), SECONDS, st.sampled_from([0.3, 1.0, 3.0]))
def test_a_clip_shows_frames_that_start_in_it_or_else_the_one_on_display(line, seconds, rate):
    for plan in timed_plans(line, seconds, rate):
        assert len(plan) == clip_count(line.end, seconds)
        for clip, indices in enumerate(plan):
            first, last = clip * seconds, (clip + 1) * seconds
            surely = np.flatnonzero((line.starts > first + CLOSE) & (line.starts < last - CLOSE))
            starts = line.starts[indices]
            if len(surely):
                assert (starts > first - CLOSE).all() and (starts < last + CLOSE).all()
            else:  # at most frames on the borders start in it; before the first frame of all, that one is shown
                held = max(np.searchsorted(line.starts, last + CLOSE, side="right") - 1, 0)
                assert (starts <= line.starts[held]).all()
                assert (starts >= line.starts[max(np.searchsorted(line.starts, first - CLOSE) - 1, 0)]).all()


@given(timelines(), SECONDS)
def test_no_other_frame_of_its_clip_is_nearer_to_the_middle(line, seconds):
    for clip, [index] in enumerate(clips.middle(line, seconds)):
        middle = (clip + 0.5) * seconds
        inside = line.starts[(line.starts > clip * seconds + CLOSE) & (line.starts < (clip + 1) * seconds - CLOSE)]
        if len(inside):
            assert abs(line.starts[index] - middle) <= np.abs(inside - middle).min() + CLOSE


@given(timelines(), st.integers(0, 4000), st.integers(0, 9000))
def test_published_plans_do_not_see_a_late_start_or_a_held_end(line, late, held):
    moved = Timeline(line.starts + np.float32(late / 1000), line.end + held / 1000, line.average_fps, line.since_first)
    for rule in (clips.published_slowfast, clips.published_resnet):
        assert all(np.array_equal(a, b) for a, b in zip(rule(line), rule(moved), strict=True))


@st.composite
def ends(draw) -> float:
    """Where a picture ends: anywhere, or within a rounding of the border of a clip."""
    near = draw(st.integers(1, 600)) * draw(SECONDS) + draw(st.integers(-4, 4)) * ROUNDING / 3
    return draw(st.sampled_from([near, draw(st.floats(0, 90_000))]))


@given(ends(), SECONDS)
def test_clips_cover_the_picture_and_none_lies_behind_it(end, seconds):
    count = clip_count(end, seconds)
    assert count >= 1 and count * seconds >= end - ROUNDING - 1e-9 * end
    assert count == 1 or (count - 1) * seconds < end - ROUNDING + 1e-9 * end


@given(ends(), ends(), SECONDS)
def test_a_longer_picture_has_no_fewer_clips(one, other, seconds):
    assert clip_count(min(one, other), seconds) <= clip_count(max(one, other), seconds)
