"""Subtitle tokens to clips: which sentences a clip has, and the maximum over their tokens (PREM, section on features).

`own_cues` gives a clip the tokens of the sentences shown in it and of no others. `published_run` is how the published
features of TVR were made. Test: tests/text/test_pooling.py, the latter against the published pooling.
"""

import math
from collections.abc import Sequence

import numpy as np

Times = Sequence[tuple[float, float]]
"""Start and end of each sentence in seconds."""


def own_clips(times: Times, clip_seconds: float, count: int) -> list[range]:
    """The clips in which each sentence is shown: all that it overlaps, or the one of its instant if it has no length.

    None for a sentence outside the video.
    """
    clips = []
    for start, end in times:
        first = math.floor(start / clip_seconds)
        clips.append(range(max(0, first), min(count, max(first + 1, math.ceil(end / clip_seconds)))))
    return clips


def pool_own(
    tokens: np.ndarray, lengths: Sequence[int], clips: Sequence[range], count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Token features (W, D) of all sentences in a row -> clip features (count, D) and whether a clip has any (count,).

    lengths: tokens of each sentence; clips: those of each sentence. A clip's vector is the element-wise maximum over
    the tokens of its own sentences; zeros where it has none.
    """
    pooled = np.full((count, tokens.shape[1]), -np.inf, tokens.dtype)
    covered = np.zeros(count, bool)
    end = 0
    for length, own in zip(lengths, clips, strict=True):
        begin, end = end, end + length
        if length and own:
            rows = pooled[own.start : own.stop]
            np.maximum(rows, tokens[begin:end].max(axis=0), out=rows)
            covered[own.start : own.stop] = True
    pooled[~covered] = 0
    return pooled, covered


def published_clips(times: Times, clip_seconds: float, count: int) -> dict[int, list[int]]:
    """Clip -> indices of its sentences in the order of `times`, for the clips that have any.

    A sentence belongs to every clip in [floor(start / c), ceil(end / c)) that the video has: to none where it starts
    and ends on the same border, or lies outside.
    """
    clips: dict[int, list[int]] = {}
    for index, (start, end) in enumerate(times):
        for clip in range(max(0, math.floor(start / clip_seconds)), min(count, math.ceil(end / clip_seconds))):
            clips.setdefault(clip, []).append(index)
    return clips


def pool_published(
    tokens: np.ndarray, lengths: Sequence[int], clips: dict[int, list[int]], count: int
) -> tuple[np.ndarray, np.ndarray]:
    """As `pool_own`, but a clip's vector is the maximum over one run of tokens.

    The run goes from the first token of the clip's first sentence to the last of its last, so that sentences in between
    count too. Indices in `clips` beyond the sentences that have features stand for the last one.
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
