"""The image side of CLIP, SigLIP or SigLIP 2: it maps pictures to the space of the sentences.

Test: tests/backbones/test_clip_load.py, tests/backbones/test_clip_preprocessing.py.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.backbones.clip.kinds import Name
from pipeline.backbones.clip.preprocessing import Preprocessing


class ClipImages(nn.Module):
    """Maps pictures, which `preprocessing.square` has made, to vectors of L2 norm 1. tower: of transformers."""

    mean: Tensor
    std: Tensor

    def __init__(self, tower: Any, kind: Name, preprocessing: Preprocessing):
        super().__init__()
        self.tower, self.kind, self.factor = tower, kind, preprocessing.factor
        self.register_buffer("mean", torch.tensor(preprocessing.mean).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(preprocessing.std).view(3, 1, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        """(B, side, side, 3) uint8 RGB -> (B, D) float32."""
        pixels = (pictures.permute(0, 3, 1, 2).float() * self.factor - self.mean) / self.std
        output = self.tower(pixel_values=pixels, return_dict=True)
        vectors = output.image_embeds if self.kind == "clip" else output.pooler_output
        return F.normalize(vectors.float(), dim=1)
