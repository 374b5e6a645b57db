"""Where in its video a model's clip lies: each of the N clips is the mean of some feature rows, and rows have times.

Test: tests/corpus/test_clip_times.py.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from pipeline.corpus.sampling import slots_of


class ClipTimes(NamedTuple):
    """Seconds of the clips of V videos, float64.

    spans: (V, N, 2) start and end of the rows that each clip is the mean of. Where a video has fewer rows than N,
    several clips are the same row and have the same span; where it has 3N/2 rows or more, no clip holds its last row.
    borders: (V, N + 1) where each clip starts on the axis of clips, and where the last one ends: clips that are the
    same row share its time evenly, so that the borders never go back.
    """

    spans: Tensor
    borders: Tensor

    def of_runs(self, video: Tensor, share: Tensor) -> Tensor:
        """Runs of whole clips, (K, 2) multiples of 1/N of the axis of clips in the videos (K,) -> seconds (K, 2)."""
        clip = (share * self.spans.shape[1]).round().long()
        return torch.stack([self.spans[video, clip[:, 0], 0], self.spans[video, clip[:, 1] - 1, 1]], dim=-1)

    def of_shares(self, video: Tensor, share: Tensor) -> Tensor:
        """Any shares (K, 2) of the axis of clips in the videos (K,) -> seconds (K, 2), linear between the borders."""
        position = share.double() * self.spans.shape[1]
        clip = position.long().clamp(max=self.spans.shape[1] - 1)
        before, after = self.borders[video[:, None], clip], self.borders[video[:, None], clip + 1]
        return before + (position - clip) * (after - before)

    def shares_of(self, video: Tensor, seconds: Tensor) -> Tensor:
        """Seconds (K, 2) in the videos (K,) -> shares (K, 2) of the axis of clips: the way back from `of_shares`.

        What lies before or after the axis becomes its start or its end, 0 or 1.
        """
        borders = self.borders[video]
        last = borders.shape[1] - 2
        clip = (torch.searchsorted(borders, seconds, right=True) - 1).clamp(0, last)
        before, after = borders.gather(1, clip), borders.gather(1, clip + 1)
        inside = torch.where(after > before, (seconds - before) / (after - before), 1.0)
        return (clip + inside.clamp(0, 1)) / (last + 1)


def clip_times(rows: int, clips: int, row_seconds: float, end: float) -> ClipTimes:
    """The times of one video's `clips` clips, V left out; row i covers [i, i + 1) * row_seconds, nothing ends later
    than `end` seconds.
    """
    return ClipTimes(*((axis * row_seconds).clamp(max=end) for axis in _in_rows(rows, clips)))


@lru_cache(maxsize=4096)
def _in_rows(rows: int, clips: int) -> ClipTimes:
    """The times counted in rows."""
    first, count = slots_of(rows, clips)
    seen, slot = np.unique(first.numpy(), return_index=True)  # each row, and the first clip that starts with it
    last = int(first[-1] + count[-1])
    borders = np.interp(np.arange(clips + 1), [*slot, clips], [*seen, last])
    return ClipTimes(torch.stack([first, first + count], dim=-1).double(), torch.from_numpy(borders))
