"""Which clips a sentence belongs to, and the maximum over their tokens; also against the published pooling."""

import numpy as np
import pytest
from helpers.parity import parity_arrays, parity_json

from pipeline.text.pooling import clip_sentences, pool_clips


def test_table_of_the_published_pooling():
    times = [(0.862, 1.862), (1.988, 2.863), (4.5, 6.0), (7.6, 7.6), (7.5, 7.5)]
    assert clip_sentences(times, 1.5, 6) == {0: [0], 1: [0, 1], 3: [2], 5: [3]}


def test_sentences_outside_the_video_belong_to_no_clip():
    assert clip_sentences([(-3.0, -0.5), (9.0, 11.0), (4.0, 2.0)], 1.5, 6) == {}
    assert clip_sentences([(-1.0, 0.5), (8.0, 1e9)], 1.5, 6) == {0: [0], 5: [1]}


def test_clip_takes_the_maximum_over_all_tokens_of_its_sentences():
    tokens = np.array([[1, 0], [0, 5], [3, 1], [-2, -4]], np.float32)
    pooled, covered = pool_clips(tokens, [2, 1, 1], {0: [0, 1], 2: [2]}, 4)
    np.testing.assert_array_equal(pooled, [[3, 5], [0, 0], [-2, -4], [0, 0]])
    np.testing.assert_array_equal(covered, [True, False, True, False])


def test_sentences_between_first_and_last_are_part_of_the_run():
    tokens = np.array([[1.0], [9.0], [2.0]], np.float32)
    pooled, _ = pool_clips(tokens, [1, 1, 1], {0: [0, 2]}, 1)
    assert pooled[0, 0] == 9.0


def test_sentence_without_tokens_covers_nothing():
    pooled, covered = pool_clips(np.ones((1, 2), np.float32), [0, 1], {0: [0], 1: [0, 1]}, 2)
    np.testing.assert_array_equal(covered, [False, True])
    np.testing.assert_array_equal(pooled, [[0, 0], [1, 1]])


@pytest.mark.parametrize("name", ["a", "b", "c", "d"])
def test_parity_with_the_published_pooling(name):
    pooling, arrays = parity_json("prem_pieces.json")["subtitle_pooling"], parity_arrays("prem_pieces.npz")
    video = pooling["videos"][name]
    clips = clip_sentences(video["sentences"], pooling["clip_length"], video["n_clips"])
    published = {int(clip): members for clip, members in video["clip_to_sentences"].items()}
    assert clips == {clip: members for clip, members in published.items() if 0 <= clip < video["n_clips"]}
    words, lengths, features, mask = (
        arrays[f"sub_pool.{key}.{name}"] for key in ("input.words", "input.lengths", "expect.features", "expect.mask")
    )
    pooled, covered = pool_clips(words, lengths, clips, video["n_clips"])
    np.testing.assert_array_equal(pooled, features)
    np.testing.assert_array_equal(covered, mask.astype(bool))
