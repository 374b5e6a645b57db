"""The stream `clip`: a unit is a frame, and the vectors of a clip's frames are pooled.

Test: tests/extraction/test_streams.py.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from torch import Tensor

from pipeline.backbones.clip.load import load_clip
from pipeline.backbones.clip.params import ClipParams
from pipeline.backbones.clip.provenance import provenance
from pipeline.backbones.common.encoder import Encoder
from pipeline.backbones.common.pooling import l2_normalised, pooled
from pipeline.video import clips
from pipeline.video.decode import policy
from pipeline.video.params import DecodeParams
from pipeline.video.reader import Scaling, Timeline


class ClipStream:
    """See `pipeline.extraction.stream.Stream`; raises PipelineError where `clip.model` cannot be loaded."""

    name = "clip"
    libraries: tuple[str, ...] = ("torch", "transformers")

    def __init__(self, params: ClipParams, clip_seconds: float, decode: DecodeParams):
        self.params, self.clip_seconds, self.decode = params, clip_seconds, decode
        self._clip = load_clip(params)
        self.short_side, self.batch = self._clip.preprocessing.short_side, params.batch_frames
        self.scaling: Scaling = self._clip.preprocessing.scaling if self.short_side else "bilinear"
        decoder = policy(decode.order, self.scaling)
        self.provenance: dict[str, Any] = provenance(params, clip_seconds, self._clip, decoder)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.params, self.clip_seconds, self.decode)

    @cached_property
    def _model(self) -> Encoder:
        return Encoder(self._clip.images(), None, self.params.precision, self.name)

    def plan(self, timeline: Timeline) -> list[np.ndarray]:
        """Return T arrays (n_i,) of frame indices, n_i >= 1."""
        return clips.uniform(timeline, self.clip_seconds, self.params.frames_per_second)

    def units(self, frames: Iterable[np.ndarray]) -> Iterable[np.ndarray]:
        """Return pictures (side, side, 3) of the model's size."""
        return map(self._clip.preprocessing.square, frames)

    def encode(self, units: Tensor) -> Tensor:
        """(B, side, side, 3) uint8 -> (B, D) float32, of L2 norm 1."""
        return self._model(units)

    def pool(self, rows: np.ndarray, counts: Sequence[int]) -> np.ndarray:
        """Pool the vectors of each clip's frames to one of L2 norm 1: (sum of counts, D) -> (T, D)."""
        return l2_normalised(pooled(rows, counts, self.params.pooling))
