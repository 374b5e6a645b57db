"""What extraction needs of a visual stream; the file stream.py of each folder in pipeline/backbones implements it."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from torch import Tensor

from pipeline.video.params import DecodeParams
from pipeline.video.reader import Scaling, Timeline


class Stream(Protocol):
    """A stream turns a video's clips into rows. A unit is one item of a forward pass: a clip, or a frame.

    A stream is pickled as its parameters and never with its model, so that a worker on any machine finds its own
    weights.

    name: `slowfast`, `resnet`.
    provenance: see `pipeline.backbones.common.provenance`.
    short_side: of the decoded frames, in pixels, None for their own size; scaling: how they are scaled to it.
    batch: units in a forward pass.
    decode: which decoders may read a video, and the bounds of decoding.
    libraries: the distributions, beside those of the decoders, whose versions are recorded.
    """

    name: str
    provenance: dict[str, Any]
    scaling: Scaling
    batch: int
    decode: DecodeParams
    libraries: tuple[str, ...]

    @property
    def short_side(self) -> int | None: ...

    def plan(self, timeline: Timeline) -> list[np.ndarray]:
        """Return the frame indices of every clip, at least one for each."""
        ...

    def units(self, frames: Iterable[np.ndarray]) -> Iterable[np.ndarray]:
        """Group the planned frames (H, W, 3) uint8 into units, without holding more than one."""
        ...

    def encode(self, units: Tensor) -> Tensor:
        """Compute the rows of units: (B, ...) uint8 -> (B, D) float32. It is always called from the same thread."""
        ...

    def pool(self, rows: np.ndarray, counts: Sequence[int]) -> np.ndarray:
        """Pool the rows of a video's units to clips: (units, D) -> (T, D); counts: the planned frames of each clip."""
        ...
