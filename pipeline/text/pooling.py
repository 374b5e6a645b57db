"""Subtitle tokens to clips: which sentences a clip has, and the maximum over their tokens (PREM, section on features).

Test: tests/text/test_pooling.py, against the published pooling where its numbers are at hand.
"""

import math
from collections.abc import Sequence

import numpy as np


def clip_sentences(times: Sequence[tuple[float, float]], clip_seconds: float, count: int) -> dict[int, list[int]]:
    """Clip -> indices of its sentences in the order of `times` (start, end in seconds), for the clips that have any.

    A sentence belongs to every clip in [floor(start / c), ceil(end / c)) that the video has: to none where it starts
    and ends on the same border, or lies outside.
    """
    clips: dict[int, list[int]] = {}
    for index, (start, end) in enumerate(times):
        for clip in range(max(0, math.floor(start / clip_seconds)), min(count, math.ceil(end / clip_seconds))):
            clips.setdefault(clip, []).append(index)
    return clips


def pool_clips(
    tokens: np.ndarray, lengths: Sequence[int], clips: dict[int, list[int]], count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Token features (W, D) of all sentences in a row -> clip features (count, D) and whether a clip has any (count,).

    lengths: tokens of each sentence. A clip's vector is the element-wise maximum over one run of tokens, from the first
    token of its first sentence to the last of its last, so that sentences in between count too; zeros where there is
    none. Indices in `clips` beyond the sentences that have features stand for the last one.
    """
    ends = np.cumsum(lengths)
    last = len(lengths) - 1
    pooled = np.zeros((count, tokens.shape[1]), tokens.dtype)
    covered = np.zeros(count, bool)
    for clip, members in clips.items():
        first, final = min(members[0], last), min(members[-1], last)
        run = tokens[ends[first] - lengths[first] : ends[final]]
        if len(run):
            pooled[clip], covered[clip] = run.max(axis=0), True
    return pooled, covered
