"""What a model sees of videos: clips, frame rows and subtitles.

Every video has the same number of clips, N. Its frame rows, which the field `frames` holds, are its feature rows at
their own pace: as many as it has, averaged to `recipe.frames` rows where there are more. They are what the published
models call frames; none is a picture. A corpus keeps the frame rows of all videos one after another, without padding;
only a batch is padded, to its own longest video.
Test: tests/corpus/test_videos.py.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

Select = Callable[[Tensor, Tensor], Tensor]  # selects the rows `index` (n,) of a tensor (R, ...) -> (n, ...)


def new_rows(source: Tensor, index: Tensor) -> Tensor:
    """Select rows of `source` (R, ...) into new memory; index: (n,) -> (n, ...)."""
    return source.index_select(0, index)


class SameMemory:
    """Selects rows as `new_rows` does, but uses the memory of its last result for the same tensor again.

    So a result is valid until the next call for that tensor. Allocating memory for every batch would take longer than
    filling it.
    """

    def __init__(self):
        self._rooms: dict[int, Tensor] = {}

    def __call__(self, source: Tensor, index: Tensor) -> Tensor:
        if not source.numel():
            return new_rows(source, index)
        room = self._rooms.get(id(source))
        if room is None or len(room) < len(index):
            room = self._rooms[id(source)] = source.new_empty(len(index), *source.shape[1:])
        selected = room[: len(index)]
        # Cut into its shortest rows: threads copy long ones together, and wait for each other at every one.
        width, each = source.shape[-1], source.shape[1:-1].numel()
        rows = index[:, None] * each + torch.arange(each, device=index.device)
        torch.index_select(source.view(-1, width), 0, rows.flatten(), out=selected.view(-1, width))
        return selected


class Videos(NamedTuple):
    """A batch of B videos, as a model takes it.

    clips: (B, N, D_v). frames: (B, L, D_v) frame rows, zeros after a video's last one; L = 0 for a model that looks at
    clips alone. frame_mask: (B, L) bool, true at frame rows, false at padding. subtitle: (B, N, D_s) what is said in
    the same N clips, for a model that takes subtitles apart from `clips`; zeros where a clip or a video has none.
    D_s = 0 for other models, and where the data set has no subtitles; then the field may be left out.
    """

    clips: Tensor
    frames: Tensor
    frame_mask: Tensor
    subtitle: Tensor = torch.empty(0, 0, 0)


class VideoRows(NamedTuple):
    """V videos without padding, from which batches are taken.

    clips: (V, N, D_v). frames: (R + 1, D_v) the frame rows of all videos, one video after the other, and a row of zeros
    that padding is taken from. first, count: (V,) int64, each video's first row in `frames` and how many it has.
    subtitle: (V, N, D_s), as in Videos.
    """

    clips: Tensor
    frames: Tensor
    first: Tensor
    counts: Tensor
    subtitle: Tensor

    def take(self, index: Tensor, length: int, select: Select = new_rows) -> Videos:
        """Take the videos `index` (B,) as a batch, their frame rows padded to L = `length`.

        length: at least the number of frame rows of the longest of them.
        """
        position = torch.arange(length, device=index.device)
        mask = position < self.counts[index, None]
        rows = torch.where(mask, self.first[index, None] + position, len(self.frames) - 1)
        frames = select(self.frames, rows.flatten()).view(*rows.shape, self.frames.shape[1])
        return Videos(select(self.clips, index), frames, mask, select(self.subtitle, index))


def video_rows(clips: list[Tensor], frames: list[Tensor]) -> VideoRows:
    """Put videos without subtitles together, from clips (N, D_v) and frame rows (n, D_v) of each, n of any size."""
    counts = torch.tensor([len(rows) for rows in frames])
    return VideoRows(
        torch.stack(clips),
        torch.cat([*frames, torch.zeros_like(clips[0][:1])]),
        counts.cumsum(0) - counts,
        counts,
        clips[0].new_empty(len(clips), len(clips[0]), 0),
    )
