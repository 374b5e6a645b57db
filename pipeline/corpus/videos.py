"""What a model sees of videos: N clips each and, where it wants them, frame rows, as many as a video has up to a limit.

A corpus keeps the frame rows of all its videos one after another; only a batch is padded, to its own longest video.
Test: tests/corpus/test_videos.py.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

Select = Callable[[Tensor, Tensor], Tensor]  # (R, ...) and an index (n,) of its rows -> (n, ...)


def new_rows(source: Tensor, index: Tensor) -> Tensor:
    """The rows in memory of their own."""
    return source.index_select(0, index)


class SameMemory:
    """Selects rows of a tensor into the memory that it selected rows of that tensor into before.

    New memory for every batch would cost more time than what is written to it.
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
    """B videos: clips (B, N, D_v); frames (B, L, D_v), zeros after each video's last; frame_mask (B, L) bool.

    The mask is true at frames. L = 0 for models that look at clips alone. subtitle (B, N, D_s): what is said or written
    in the same N clips, for models that take it apart from `clips`; zeros in clips and videos without; D_s = 0 for
    other models, and where the data set has none. Who makes a batch without subtitles by hand may leave it out.
    """

    clips: Tensor
    frames: Tensor
    frame_mask: Tensor
    subtitle: Tensor = torch.empty(0, 0, 0)


class VideoRows(NamedTuple):
    """V videos without padding: clips (V, N, D_v); first, counts (V,) int64; subtitle (V, N, D_s).

    frames: (R + 1, D_v) of all videos in turn, then zeros, which padding is taken from.
    """

    clips: Tensor
    frames: Tensor
    first: Tensor
    counts: Tensor
    subtitle: Tensor

    def take(self, index: Tensor, length: int, select: Select = new_rows) -> Videos:
        """The videos of `index` (B,), padded to L = `length` frames, at least the longest one's."""
        position = torch.arange(length, device=index.device)
        mask = position < self.counts[index, None]
        rows = torch.where(mask, self.first[index, None] + position, len(self.frames) - 1)
        frames = select(self.frames, rows.flatten()).view(*rows.shape, self.frames.shape[1])
        return Videos(select(self.clips, index), frames, mask, select(self.subtitle, index))


def video_rows(clips: list[Tensor], frames: list[Tensor]) -> VideoRows:
    """From clips (N, D_v) and frames (any number, D_v) of each video; without subtitles."""
    counts = torch.tensor([len(rows) for rows in frames])
    return VideoRows(
        torch.stack(clips),
        torch.cat([*frames, torch.zeros_like(clips[0][:1])]),
        counts.cumsum(0) - counts,
        counts,
        clips[0].new_empty(len(clips), len(clips[0]), 0),
    )
