"""ResNet-152 (He et al., CVPR 2016; ImageNet-1k) as a frame encoder. Test: tests/backbones/test_resnet.py."""

from typing import Any

import torch
from torch import Tensor, nn

from pipeline.backbones.common.encoder import Float32
from pipeline.backbones.common.fuse import fuse_conv_bn
from pipeline.backbones.common.torchvision_fix import import_torchvision
from pipeline.backbones.common.weights import Published, Weights, build

PUBLISHED = Published("https://download.pytorch.org/models/resnet152-394f9c45.pth", sha256="394f9c45")  # IMAGENET1K_V1
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class ResNet152(nn.Module):
    """Maps frames of any size to the spatial mean of the last stage's activations, which is not L2-normalised."""

    mean: Tensor
    std: Tensor

    def __init__(self, weights: Weights):
        super().__init__()
        network: Any = build(weights, classifier)  # a ResNet of torchvision, which has no types
        network.fc = nn.Identity()
        network.avgpool = nn.Sequential(Float32(), network.avgpool)
        fused: Any = fuse_conv_bn(network)  # torch's types of `to` leave memory_format out
        self.network = fused.to(memory_format=torch.channels_last)
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1))

    def forward(self, frames: Tensor) -> Tensor:
        """(B, H, W, 3) uint8 RGB -> (B, 2048) float32."""
        pixels = frames.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.channels_last)
        return self.network(pixels.div_(255).sub_(self.mean).div_(self.std))


def classifier() -> nn.Module:
    """Construct the network as it was trained, with its last layer, which tells classes."""
    # Without zero_init_residual random weights grow through 50 blocks beyond float16.
    return import_torchvision().models.resnet152(zero_init_residual=True)
