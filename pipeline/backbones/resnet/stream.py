"""The stream `resnet`: a unit is a frame, and a clip's frames are pooled. Test: tests/extraction/test_streams.py."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.backbones.common import weights
from pipeline.backbones.common.encoder import EXAMPLE_SIDE, Encoder
from pipeline.backbones.common.pooling import l2_normalised, pooled
from pipeline.backbones.common.provenance import scaling
from pipeline.backbones.resnet import network as resnet
from pipeline.backbones.resnet.params import ResNetParams
from pipeline.backbones.resnet.provenance import provenance
from pipeline.video import clips
from pipeline.video.decode import policy
from pipeline.video.params import DecodeParams
from pipeline.video.reader import Scaling, Timeline


class ResNetStream:
    """See `pipeline.extraction.stream.Stream`; raises PipelineError where the sampling does not fit `clip_seconds`."""

    name = "resnet"
    libraries: tuple[str, ...] = ("torch", "torchvision")

    def __init__(self, params: ResNetParams, clip_seconds: float, decode: DecodeParams):
        clips.require_published_seconds("resnet", params.sampling, clip_seconds)
        self.params, self.clip_seconds = params, clip_seconds
        self.short_side, self.batch = params.size, params.batch_frames
        self.decode = decode
        self.weights = weights.find(params.weights, resnet.PUBLISHED, "resnet.weights")
        self.scaling: Scaling = scaling(params.sampling).get("scaling", "bilinear")
        decoder = policy(decode.order, self.scaling)
        self.provenance: dict[str, Any] = provenance(params, clip_seconds, self.weights.id, decoder)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.params, self.clip_seconds, self.decode)

    @cached_property
    def _model(self) -> Encoder:
        example = torch.zeros((1, EXAMPLE_SIDE, EXAMPLE_SIDE, 3), dtype=torch.uint8)
        return Encoder(resnet.ResNet152(self.weights), example, self.params.precision, self.name)

    def plan(self, timeline: Timeline) -> list[np.ndarray]:
        """Return T arrays (n_i,) of frame indices, n_i >= 1."""
        if self.params.sampling == "published":
            return clips.published_resnet(timeline)
        if self.params.sampling == "middle":
            return clips.middle(timeline, self.clip_seconds)
        return clips.uniform(timeline, self.clip_seconds, self.params.frames_per_second)

    def units(self, frames: Iterable[np.ndarray]) -> Iterable[np.ndarray]:
        """Return the frames (H, W, 3) as they are, since a unit is a frame."""
        return frames

    def encode(self, units: Tensor) -> Tensor:
        """(B, H, W, 3) uint8 -> (B, 2048) float32."""
        return self._model(units)

    def pool(self, rows: np.ndarray, counts: Sequence[int]) -> np.ndarray:
        """Pool the rows of each clip's frames by their maximum or mean: (sum of counts, D) -> (T, D).

        With `published` sampling a clip has one frame, whose row is L2-normalised.
        """
        if "normalised" in self.provenance:
            return l2_normalised(rows)
        return pooled(rows, counts, self.params.pooling)
