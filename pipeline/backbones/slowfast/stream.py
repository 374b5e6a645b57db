"""The stream `slowfast`: a unit is a clip of 32 square frames. Test: tests/extraction/test_streams.py."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.backbones.common import weights
from pipeline.backbones.common.encoder import EXAMPLE_SIDE, Encoder
from pipeline.backbones.common.provenance import scaling
from pipeline.backbones.slowfast import network as slowfast
from pipeline.backbones.slowfast.params import SlowFastParams
from pipeline.backbones.slowfast.provenance import provenance
from pipeline.video import clips
from pipeline.video.decode import policy
from pipeline.video.params import DecodeParams
from pipeline.video.reader import Scaling, Timeline


class SlowFastStream:
    """See `pipeline.extraction.stream.Stream`; raises PipelineError where the sampling does not fit `clip_seconds`."""

    name = "slowfast"
    libraries: tuple[str, ...] = ("pytorchvideo", "torch")

    def __init__(self, params: SlowFastParams, clip_seconds: float, decode: DecodeParams):
        clips.require_published_seconds("slowfast", params.sampling, clip_seconds)
        self.params, self.clip_seconds = params, clip_seconds
        self.short_side, self.batch = params.size, params.batch_clips
        self.decode = decode
        self.weights = weights.find(params.weights, slowfast.PUBLISHED, "slowfast.weights")
        self.scaling: Scaling = scaling(params.sampling).get("scaling", "bilinear")
        decoder = policy(decode.order, self.scaling)
        self.provenance: dict[str, Any] = provenance(params, clip_seconds, self.weights.id, decoder)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.params, self.clip_seconds, self.decode)

    @cached_property
    def _model(self) -> Encoder:
        example = torch.zeros((1, clips.FRAMES, EXAMPLE_SIDE, EXAMPLE_SIDE, 3), dtype=torch.uint8)
        return Encoder(slowfast.SlowFast(self.weights), example, self.params.precision, self.name)

    def plan(self, timeline: Timeline) -> list[np.ndarray]:
        """Return T arrays (32,) of frame indices."""
        if self.params.sampling == "published":
            return clips.published_slowfast(timeline)
        return clips.full_clip(timeline, self.clip_seconds)

    def units(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield clips (32, S, S, 3), cropped from the centre of the frames."""
        frames = iter(frames)
        while clip := [centre_crop(frame, self.short_side) for frame in islice(frames, clips.FRAMES)]:
            yield np.stack(clip)

    def encode(self, units: Tensor) -> Tensor:
        """(B, 32, S, S, 3) uint8 -> (B, 2304) float32."""
        return self._model(units)

    def pool(self, rows: np.ndarray, counts: Sequence[int]) -> np.ndarray:
        """Return `rows` as they are, since a unit is a whole clip."""
        return rows


def centre_crop(frame: np.ndarray, size: int) -> np.ndarray:
    """Crop a frame (H, W, 3) to the (size, size, 3) in its centre; offsets are rounded down."""
    top, left = (frame.shape[0] - size) // 2, (frame.shape[1] - size) // 2
    return frame[top : top + size, left : left + size]
