"""Pools the features of subtitle tokens to clips: a clip gets the maximum over the tokens of its sentences.

This is PREM's pooling, from its section on features. With `own_cues` a clip has the sentences that are shown in it and
no others. `published_run` repeats how the published features of TVR were made. Test: tests/text/test_pooling.py, which
compares the latter with the published pooling.
"""

import math
from collections.abc import Sequence

import numpy as np

Times = Sequence[tuple[float, float]]
"""Start and end of each sentence in seconds."""


def own_clips(times: Times, clip_seconds: float, count: int) -> list[range]:
    """Return the clips in which each sentence is shown, as one range for each sentence.

    A sentence is shown in all clips that it overlaps, or, where it has no length, in the clip of its instant. The range
    of a sentence outside the video is empty.
    """
    clips = []
    for start, end in times:
        first = math.floor(start / clip_seconds)
        clips.append(range(max(0, first), min(count, max(first + 1, math.ceil(end / clip_seconds)))))
    return clips


def pool_own(
    tokens: np.ndarray, lengths: Sequence[int], clips: Sequence[range], count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Pool the tokens of a video: (W, D) -> features (T, D), and (T,) whether a clip has any token.

    tokens: those of all sentences, one sentence after the other; lengths: how many tokens each sentence has; clips: the
    clips of each sentence; count: T. The row of a clip is the element-wise maximum over the tokens of its own
    sentences, and zeros where it has none.
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
    """Return the sentences of each clip that has any: clip -> indices in the order of `times`.

    A sentence belongs to every clip in [floor(start / clip_seconds), ceil(end / clip_seconds)) that the video has. So
    it belongs to none where it starts and ends on the same border of two clips, or lies outside the video.
    """
    clips: dict[int, list[int]] = {}
    for index, (start, end) in enumerate(times):
        for clip in range(max(0, math.floor(start / clip_seconds)), min(count, math.ceil(end / clip_seconds))):
            clips.setdefault(clip, []).append(index)
    return clips


def pool_published(
    tokens: np.ndarray, lengths: Sequence[int], clips: dict[int, list[int]], count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Pool as `pool_own` does, except that the row of a clip is the maximum over one run of tokens.

    The run goes from the first token of the clip's first sentence to the last token of its last sentence, so the
    sentences between these count too. clips: see `published_clips`; an index beyond the sentences that have features
    stands for the last sentence.
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
