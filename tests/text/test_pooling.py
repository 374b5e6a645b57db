"""Which clips a sentence belongs to, and the maximum over their tokens, with and without the published run."""

import numpy as np
import pytest
from helpers.parity import parity_arrays, parity_json

from pipeline.text.pooling import own_clips, pool_own, pool_published, published_clips


def test_table_of_the_published_pooling():
    times = [(0.862, 1.862), (1.988, 2.863), (4.5, 6.0), (7.6, 7.6), (7.5, 7.5)]
    assert published_clips(times, 1.5, 6) == {0: [0], 1: [0, 1], 3: [2], 5: [3]}


def test_own_clips_are_those_that_a_sentence_overlaps():
    times = [(0.862, 1.862), (1.988, 2.863), (4.5, 6.0), (7.6, 7.6), (7.5, 7.5), (0.0, 9.0), (8.9, 99.0), (-9.0, 0.1)]
    assert [list(clips) for clips in own_clips(times, 1.5, 6)] == [
        [0, 1], [1], [3], [5], [5], [0, 1, 2, 3, 4, 5], [5], [0]
    ]  # fmt: skip
    assert not any(own_clips([(-3.0, -0.5), (9.0, 11.0), (99.0, 99.0)], 1.5, 6))


@pytest.mark.parametrize("seed", range(5))
def test_a_clip_has_the_tokens_of_the_sentences_shown_in_it_and_no_others(seed):
    """Whatever the order of the file, with credits that stand last and a watermark over the whole video."""
    generator = np.random.default_rng(seed)
    starts = generator.uniform(0, 29, 20)
    times = [*((start, start + length) for start, length in zip(starts, generator.uniform(0, 5, 20), strict=True))]
    times += [(0.0, 1.0), (0.0, 30.0)]
    lengths = [*generator.integers(0, 4, 20), 2, 3]
    tokens = generator.normal(size=(sum(lengths), 3)).astype(np.float32)
    pooled, covered = pool_own(tokens, lengths, own_clips(times, 1.5, 20), 20)
    words = np.split(tokens, np.cumsum(lengths)[:-1])
    for clip in range(20):
        shown = [
            word
            for word, (start, end) in zip(words, times, strict=True)
            if start < 1.5 * (clip + 1) and end > 1.5 * clip
        ]
        np.testing.assert_array_equal(pooled[clip], np.concatenate(shown).max(0))
    assert covered.all()


def test_a_clip_without_a_token_is_zero():
    pooled, covered = pool_own(np.full((1, 2), -1, np.float32), [1, 0], [range(0, 1), range(0, 2)], 3)
    np.testing.assert_array_equal(pooled, [[-1, -1], [0, 0], [0, 0]])
    np.testing.assert_array_equal(covered, [True, False, False])


def test_sentences_outside_the_video_belong_to_no_clip():
    assert published_clips([(-3.0, -0.5), (9.0, 11.0), (4.0, 2.0)], 1.5, 6) == {}
    assert published_clips([(-1.0, 0.5), (8.0, 1e9)], 1.5, 6) == {0: [0], 5: [1]}


def test_clip_takes_the_maximum_over_all_tokens_of_its_sentences():
    tokens = np.array([[1, 0], [0, 5], [3, 1], [-2, -4]], np.float32)
    pooled, covered = pool_published(tokens, [2, 1, 1], {0: [0, 1], 2: [2]}, 4)
    np.testing.assert_array_equal(pooled, [[3, 5], [0, 0], [-2, -4], [0, 0]])
    np.testing.assert_array_equal(covered, [True, False, True, False])


def test_sentences_between_first_and_last_are_part_of_the_run():
    tokens = np.array([[1.0], [9.0], [2.0]], np.float32)
    pooled, _ = pool_published(tokens, [1, 1, 1], {0: [0, 2]}, 1)
    assert pooled[0, 0] == 9.0


def test_sentence_without_tokens_covers_nothing():
    pooled, covered = pool_published(np.ones((1, 2), np.float32), [0, 1], {0: [0], 1: [0, 1]}, 2)
    np.testing.assert_array_equal(covered, [False, True])
    np.testing.assert_array_equal(pooled, [[0, 0], [1, 1]])


@pytest.mark.parametrize("name", ["a", "b", "c", "d"])
def test_parity_with_the_published_pooling(name):
    pooling, arrays = parity_json("prem_pieces.json")["subtitle_pooling"], parity_arrays("prem_pieces.npz")
    video = pooling["videos"][name]
    clips = published_clips(video["sentences"], pooling["clip_length"], video["n_clips"])
    published = {int(clip): members for clip, members in video["clip_to_sentences"].items()}
    assert clips == {clip: members for clip, members in published.items() if 0 <= clip < video["n_clips"]}
    words, lengths, features, mask = (
        arrays[f"sub_pool.{key}.{name}"] for key in ("input.words", "input.lengths", "expect.features", "expect.mask")
    )
    pooled, covered = pool_published(words, lengths, clips, video["n_clips"])
    np.testing.assert_array_equal(pooled, features)
    np.testing.assert_array_equal(covered, mask.astype(bool))
