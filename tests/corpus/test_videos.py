"""Videos in batches: every video whole, zeros and a false mask after it, padded to the length asked for."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpus.sampling import fixed_length
from pipeline.corpus.videos import SameMemory, new_rows, video_rows

COUNTS = (3, 1, 4, 2)
CLIPS = [torch.randn(5, 6, generator=torch.Generator().manual_seed(index)) for index in range(4)]
FRAMES = [torch.randn(count, 6, generator=torch.Generator().manual_seed(count)) for count in COUNTS]


@pytest.mark.parametrize("index", [[0, 1, 2, 3], [2, 2, 0], [1], [3, 1]])
@pytest.mark.parametrize("more", [0, 3])
def test_a_batch_holds_each_video_and_nothing_else(index, more):
    length = max(COUNTS[video] for video in index) + more
    taken = video_rows(CLIPS, FRAMES).take(torch.tensor(index), length)
    assert taken.frames.shape == (len(index), length, 6)
    for position, video in enumerate(index):
        assert torch.equal(taken.clips[position], CLIPS[video])
        assert torch.equal(taken.frames[position][taken.frame_mask[position]], FRAMES[video])
        assert not taken.frames[position, COUNTS[video] :].any()
        assert taken.frame_mask[position].tolist() == [True] * COUNTS[video] + [False] * (length - COUNTS[video])


@given(index=st.lists(st.integers(0, 3), min_size=1, max_size=9), more=st.integers(0, 3), same=st.booleans())
def test_subtitles_come_with_their_videos(index, more, same):
    subtitles = [
        10.0 * number + torch.arange(1.0, count + 1)[:, None].repeat(1, 3) for number, count in enumerate(COUNTS)
    ]
    rows = video_rows(CLIPS, FRAMES, subtitles)
    select = SameMemory() if same else new_rows
    taken = rows.take(torch.tensor(index), max(COUNTS[video] for video in index) + more, select)
    assert taken.subtitle.shape == (*taken.frame_mask.shape, 3) and not taken.subtitle[~taken.frame_mask].any()
    for position, video in enumerate(index):
        assert torch.equal(taken.subtitle[position][taken.frame_mask[position]], subtitles[video])
        assert torch.equal(taken.clips[position], CLIPS[video])


def test_without_subtitles_they_have_no_width():
    for select in (new_rows, SameMemory()):
        assert video_rows(CLIPS, FRAMES).take(torch.tensor([2, 0]), 4, select).subtitle.shape == (2, 4, 0)


def test_frame_rows_are_averaged_to_as_many_as_are_asked_for():
    rows = video_rows([clips[:0] for clips in CLIPS], FRAMES)
    averaged = rows.averaged(torch.tensor([2, 1, 2]), 3)
    assert torch.equal(averaged, torch.stack([fixed_length(FRAMES[video], 3) for video in (2, 1, 2)]))


def test_videos_at_their_own_pace_have_no_clips():
    taken = video_rows([clips[:0] for clips in CLIPS], FRAMES).take(torch.tensor([0, 3]), 3)
    assert taken.clips.shape == (2, 0, 6) and torch.equal(taken.frames[0], FRAMES[0])


def test_clips_alone():
    taken = video_rows(CLIPS, [clips[:0] for clips in CLIPS]).take(torch.tensor([3, 0]), 0)
    assert taken.frames.shape == (2, 0, 6) and taken.frame_mask.shape == (2, 0)
    assert torch.equal(taken.clips, torch.stack([CLIPS[3], CLIPS[0]]))


@pytest.mark.parametrize("shape", [(2,), (3, 2)])
def test_memory_is_used_again_and_holds_what_was_asked_last(shape):
    source = torch.arange(6.0 * math.prod(shape)).view(6, *shape)
    other, select = torch.zeros(6, *shape), SameMemory()
    first = select(source, torch.tensor([5, 0, 3]))
    assert torch.equal(first, source[[5, 0, 3]])
    second = select(source, torch.tensor([1, 2]))
    assert torch.equal(second, source[[1, 2]]) and second.data_ptr() == first.data_ptr()
    assert not select(other, torch.tensor([1])).any() and torch.equal(second, source[[1, 2]])
    assert torch.equal(select(source, torch.arange(6)), source)
