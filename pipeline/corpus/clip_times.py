"""When in its video each of a model's N clips is.

A clip is the mean of some feature rows, or one row of a video at its own pace, and every row covers some seconds of the
video. The axis of clips runs from 0, where the first clip starts, to 1, where the last one ends; models place spans on
it as shares.

Test: tests/corpus/test_clip_times.py.
"""

from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from pipeline.corpus.sampling import slots_of

Rule = Literal["floor_ceil", "round"]
"""How a moment in seconds becomes whole clips, see `ClipTimes.clips_of`."""


class ClipTimes(NamedTuple):
    """When the N clips of each of V videos are, in seconds, float64.

    spans: (V, N, 2) start and end of the rows that each clip is the mean of. In a video of fewer rows than N, several
    clips are the same row and have the same span; in one of 3N/2 rows or more, no clip holds the last row.
    borders: (V, N + 1) the start of each clip, and the end of the last one. Here clips that are the same row share its
    seconds evenly, so that the borders never decrease and a share of the axis of clips has one time.

    At a video's own pace clip i is its row i, and N is the most rows a video; the clips after a video's last row are
    empty, and lie where that row ends.
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

    def clips_of(self, video: Tensor, seconds: Tensor, rule: Rule) -> Tensor:
        """Find the clips of moments that are given in seconds: the first and the last one, inclusive, (K, 2) int64.

        video: (K,) int64, the video of each moment; seconds: (K, 2) float64 start and end. rule: `floor_ceil` for all
        clips that a moment touches, as the relative CONQUER labels them; `round` for the clips between the borders
        nearest to start and end, of two as near the one with the even number. A moment has at least one clip. What lies
        after the last clip that is not empty is moved to that clip; see `starts_after`.
        """
        borders = self.borders[video]
        last = (borders.diff(dim=1) > 0).sum(dim=1, keepdim=True).clamp(min=1) - 1
        if rule == "floor_ceil":
            first = torch.searchsorted(borders, seconds[:, :1].contiguous(), right=True) - 1
            end = torch.searchsorted(borders, seconds[:, 1:].contiguous())
        else:
            clip = (torch.searchsorted(borders, seconds.contiguous(), right=True) - 1).clamp(min=0).minimum(last)
            before, after = borders.gather(1, clip), borders.gather(1, clip + 1)
            inside = ((seconds - before) / (after - before)).clamp(0, 1)
            first, end = (clip + inside).round().long().split(1, dim=1)
        first = first.clamp(min=0).minimum(last)
        return torch.cat([first, (end - 1).minimum(last).maximum(first)], dim=1)

    def starts_after(self, video: Tensor, seconds: Tensor) -> Tensor:
        """Tell which moments start when the last clip of their video is over -> (K,) bool; arguments as in clips_of."""
        return seconds[:, 0] >= self.borders[video, -1]


def clip_times(rows: int, clips: int, row_seconds: float, end: float) -> ClipTimes:
    """Compute the times of one video's N = `clips` clips, as ClipTimes without the axis V.

    Row i covers [i * row_seconds, (i + 1) * row_seconds); what would end after `end` seconds ends there.
    """
    return ClipTimes(*((axis * row_seconds).clamp(max=end) for axis in _in_rows(rows, clips)))


def row_times(rows: int, clips: int, row_seconds: float, end: float) -> ClipTimes:
    """Compute the times of one video at its own pace, as ClipTimes without the axis V: its first `clips` rows.

    The arguments are those of `clip_times`.
    """
    borders = (torch.arange(clips + 1, dtype=torch.float64).clamp(max=rows) * row_seconds).clamp(max=end)
    return ClipTimes(torch.stack([borders[:-1], borders[1:]], dim=-1), borders)


@lru_cache(maxsize=4096)
def _in_rows(rows: int, clips: int) -> ClipTimes:
    """Compute the times of one video's clips, counted in rows instead of seconds."""
    first, count = slots_of(rows, clips)
    seen, slot = np.unique(first.numpy(), return_index=True)  # each row, and the first clip that starts with it
    last = int(first[-1] + count[-1])
    borders = np.interp(np.arange(clips + 1), [*slot, clips], [*seen, last])
    return ClipTimes(torch.stack([first, first + count], dim=-1).double(), torch.from_numpy(borders))
