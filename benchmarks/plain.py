"""The extraction loop that one writes first: decord decodes the whole video, then the network takes clip after clip.

It chooses frames as the stage does, so that both do the same work and their features can be compared. Either torch
resizes the pictures, as torchvision's transforms do, or decord does as it decodes, which is faster and less known.
"""

from pathlib import Path

import decord
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.backbones.common.weights import build
from pipeline.backbones.resnet import network as resnet
from pipeline.backbones.slowfast import network as slowfast
from pipeline.core import runtime
from pipeline.extraction.stream import Stream
from pipeline.video.survey import survey


class PlainLoop:
    """Extracts with the published network of `stream`, in which nothing is fused, frozen or batched."""

    def __init__(self, stream: Stream, decord_resizes: bool):
        self._stream, self._decord_resizes = stream, decord_resizes
        construct = {"slowfast": slowfast._network, "resnet": resnet._network}[stream.name]
        network = build(stream.weights, construct)
        if stream.name == "slowfast":
            network.blocks[-1] = nn.Identity()
        else:
            network.fc = nn.Identity()
        self._network = network.to(runtime.device())
        self.rows: dict[str, np.ndarray] = {}

    @torch.no_grad()
    def extract(self, paths: list[Path]) -> None:
        """Compute the rows (T, D) of every video; `rows` keeps them by file name."""
        for path in paths:
            found = survey(path)
            width, height = found.scaled(self._stream.short_side) if self._decord_resizes else (-1, -1)
            video = decord.VideoReader(str(path), width=width, height=height)
            frames = video.get_batch(range(len(video))).asnumpy()
            plan = self._stream.plan(found.timeline)
            rows = [self._row(torch.from_numpy(frames[indices])) for indices in plan]
            self.rows[path.name] = torch.cat(rows).cpu().numpy()

    def _row(self, frames: Tensor) -> Tensor:
        """Compute the row (1, D) of one clip, from its frames (F, H, W, 3) uint8."""
        size = self._stream.short_side
        height, width = frames.shape[1:3]
        scaled = (height * size // min(height, width), width * size // min(height, width))
        pictures = frames.permute(0, 3, 1, 2).to(runtime.device())
        if scaled == (height, width):
            return self._forward(pictures.float())
        if pictures.is_cuda:
            pictures = pictures.float()  # on a GPU torch resizes no bytes; on the CPU that is much the faster way
        pictures = functional.interpolate(pictures, scaled, mode="bilinear", antialias=True).float()
        return self._forward(pictures)

    def _forward(self, pictures: Tensor) -> Tensor:
        """Compute the row (1, D) of one clip, from its resized frames (F, 3, H, W)."""
        if self._stream.name == "resnet":
            mean, std = (pictures.new_tensor(values).view(3, 1, 1) for values in (resnet.MEAN, resnet.STD))
            return self._network((pictures / 255 - mean) / std)
        fast = (_cropped(pictures, self._stream.short_side) / 255 - slowfast.MEAN) / slowfast.STD
        return self._network([fast[:, :, slowfast.SLOW], fast]).flatten(1)

    def agreement(self, features: dict[str, np.ndarray]) -> float:
        """Find the smallest cosine between a row of `features` and the same row of the plain loop."""
        smallest = 1.0
        for video_id, other in self.rows.items():
            rows = features[video_id]
            cosines = (rows * other).sum(1) / (np.linalg.norm(rows, axis=1) * np.linalg.norm(other, axis=1))
            smallest = min(smallest, float(cosines.min()))
        return smallest


def _cropped(pictures: Tensor, size: int) -> Tensor:
    """Crop the centre of pictures (F, 3, H, W) -> (1, 3, F, size, size)."""
    top, left = (pictures.shape[2] - size) // 2, (pictures.shape[3] - size) // 2
    return pictures[:, :, top : top + size, left : left + size].transpose(0, 1)[None]
