"""When in its video each of a model's N clips is.

A clip is the mean of some feature rows, and every row covers some seconds of the video. The axis of clips runs from 0,
where the first clip starts, to 1, where the last one ends; models place spans on it as shares.

Test: tests/corpus/test_clip_times.py.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from pipeline.corpus.sampling import slots_of


class ClipTimes(NamedTuple):
    """When the N clips of each of V videos are, in seconds, float64.

    spans: (V, N, 2) start and end of the rows that each clip is the mean of. In a video of fewer rows than N, several
    clips are the same row and have the same span; in one of 3N/2 rows or more, no clip holds the last row.
    borders: (V, N + 1) the start of each clip, and the end of the last one. Here clips that are the same row share its
    seconds evenly, so that the borders never decrease and a share of the axis of clips has one time.
    """

    spans: Tensor
    borders: Tensor

    def of_stretches(self, video: Tensor, share: Tensor) -> Tensor:
        """Convert stretches of whole clips into seconds (K, 2).

        video: (K,) int64, the video of each stretch; share: (K, 2) start and end on the axis of clips, multiples of
        1/N.
        """
        clip = (share * self.spans.shape[1]).round().long()
        return torch.stack([self.spans[video, clip[:, 0], 0], self.spans[video, clip[:, 1] - 1, 1]], dim=-1)

    def of_shares(self, video: Tensor, share: Tensor) -> Tensor:
        """Convert any shares of the axis of clips into seconds (K, 2), linearly between the borders of the clips.

        video: (K,) int64, the video of each pair of shares; share: (K, 2) in [0, 1].
        """
        position = share.double() * self.spans.shape[1]
        clip = position.long().clamp(max=self.spans.shape[1] - 1)
        before, after = self.borders[video[:, None], clip], self.borders[video[:, None], clip + 1]
        return before + (position - clip) * (after - before)

    def shares_of(self, video: Tensor, seconds: Tensor) -> Tensor:
        """Convert seconds (K, 2) in the videos (K,) into shares (K, 2) of the axis of clips: of_shares backwards.

        A time before the first clip becomes 0, a time after the last one becomes 1.
        """
        borders = self.borders[video]
        last = borders.shape[1] - 2
        clip = (torch.searchsorted(borders, seconds, right=True) - 1).clamp(0, last)
        before, after = borders.gather(1, clip), borders.gather(1, clip + 1)
        inside = torch.where(after > before, (seconds - before) / (after - before), 1.0)
        return (clip + inside.clamp(0, 1)) / (last + 1)


def clip_times(rows: int, clips: int, row_seconds: float, end: float) -> ClipTimes:
    """Compute the times of one video's N = `clips` clips, as ClipTimes without the axis V.

    Row i covers [i * row_seconds, (i + 1) * row_seconds); what would end after `end` seconds ends there.
    """
    return ClipTimes(*((axis * row_seconds).clamp(max=end) for axis in _in_rows(rows, clips)))


@lru_cache(maxsize=4096)
def _in_rows(rows: int, clips: int) -> ClipTimes:
    """Compute the times of one video's clips, counted in rows instead of seconds."""
    first, count = slots_of(rows, clips)
    seen, slot = np.unique(first.numpy(), return_index=True)  # each row, and the first clip that starts with it
    last = int(first[-1] + count[-1])
    borders = np.interp(np.arange(clips + 1), [*slot, clips], [*seen, last])
    return ClipTimes(torch.stack([first, first + count], dim=-1).double(), torch.from_numpy(borders))
