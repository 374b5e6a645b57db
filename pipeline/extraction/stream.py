"""What extraction needs of a visual stream; `slowfast.py` and `resnet.py` beside this file have it."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from torch import Tensor

from pipeline.video.params import DecodeParams
from pipeline.video.reader import Scaling, Timeline


class Stream(Protocol):
    """A stream turns a video's clips into rows. A unit is what one item of a forward pass is: a clip, or a frame.

    It is pickled as its parameters, never with its model, so that a worker on any machine finds its own weights.

    name: `slowfast`, `resnet`; recipe: see `pipeline.backbones.common.provenance`; short_side: pixels; scaling: of the
    pictures to it; batch: units a forward pass; decode: the bounds of decoding; libraries: the distributions whose
    versions are recorded.
    """

    name: str
    recipe: dict[str, Any]
    short_side: int
    scaling: Scaling
    batch: int
    decode: DecodeParams
    libraries: tuple[str, ...]

    def plan(self, timeline: Timeline) -> list[np.ndarray]:
        """The frame indices of every clip, at least one each."""
        ...

    def units(self, frames: Iterable[np.ndarray]) -> Iterable[np.ndarray]:
        """Group the planned frames (H, W, 3) uint8 into units, without holding more than one."""
        ...

    def encode(self, units: Tensor) -> Tensor:
        """(B, ...) uint8 units -> (B, D) float32; always called from the same thread."""
        ...

    def pool(self, rows: np.ndarray, counts: Sequence[int]) -> np.ndarray:
        """(units of a video, D) -> (T, D); counts: planned frames of each clip."""
        ...
