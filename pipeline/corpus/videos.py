"""What a model sees of videos: clips, frame rows and subtitles.

Every video has the same number of clips, N. Its frame rows, which the field `frames` holds, are its feature rows at
their own pace: as many as it has, averaged to `recipe.frames` rows where there are more. They are what the published
models call frames; none is a picture. A corpus keeps the frame rows of all videos one after another, without padding;
only a batch is padded, to its own longest video.

To a model with `own_pace`, the frame rows are the clips: they are the first `recipe.frames` rows of a video, the others
are cut off, and the field `clips` is empty.
Test: tests/corpus/test_videos.py.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.corpus.sampling import fixed_length

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

    clips: (B, N, D_v), (B, 0, D_v) for a model with `own_pace`. frames: (B, L, D_v) frame rows, zeros after a video's
    last one; L = 0 for a model that looks at clips alone. frame_mask: (B, L) bool, true at frame rows, false at
    padding. subtitle: (B, L, D_s) what is said in the same L frame rows, for a model that takes subtitles apart; zeros
    where nothing is said. D_s = 0 for other models, and where the data set has no subtitles; then the field may be left
    out.
    """

    clips: Tensor
    frames: Tensor
    frame_mask: Tensor
    subtitle: Tensor = torch.empty(0, 0, 0)


class VideoRows(NamedTuple):
    """V videos without padding, from which batches are taken.

    clips: (V, N, D_v), as in Videos. frames: (R + 1, D_v) the frame rows of all videos, one video after the other, and
    a row of zeros that padding is taken from. first, counts: (V,) int64, each video's first row in `frames` and how
    many it has. subtitle: (R + 1, D_s) what is said in each row of `frames`.
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
        frames, subtitle = (
            select(flat, rows.flatten()).view(*rows.shape, flat.shape[1]) for flat in (self.frames, self.subtitle)
        )
        return Videos(select(self.clips, index), frames, mask, subtitle)

    def averaged(self, index: Tensor, slots: int) -> Tensor:
        """Average the frame rows of the videos `index` (B,), each with at least one, to `slots` rows a video.

        Returns (B, slots, D_v).
        """
        rows = (self.frames[self.first[video] : self.first[video] + self.counts[video]] for video in index)
        return torch.stack([fixed_length(of_video, slots) for of_video in rows])


def video_rows(clips: list[Tensor], frames: list[Tensor], subtitles: list[Tensor] | None = None) -> VideoRows:
    """Put videos together, from clips (N, D_v), frame rows (n, D_v) and subtitles (n, D_s) of each, n of any size.

    subtitles: None for videos without subtitles, D_s = 0.
    """
    counts = torch.tensor([len(rows) for rows in frames])
    said = subtitles or [rows[:, :0] for rows in frames]
    flat, flat_said = (torch.cat([*rows, torch.zeros(1, rows[0].shape[1]).to(rows[0])]) for rows in (frames, said))
    return VideoRows(torch.stack(clips), flat, counts.cumsum(0) - counts, counts, flat_said)
