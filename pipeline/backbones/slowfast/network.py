"""SlowFast R50 8x8 (Feichtenhofer et al., ICCV 2019; Kinetics-400) as a clip encoder.

Test: tests/backbones/test_slowfast.py.
"""

from typing import Any

import torch
from torch import Tensor, nn

from pipeline.backbones.common.encoder import Float32
from pipeline.backbones.common.fuse import fuse_conv_bn
from pipeline.backbones.common.torchvision_fix import import_torchvision
from pipeline.backbones.common.weights import Published, Weights, build
from pipeline.video.clips import FRAMES

PUBLISHED = Published("https://dl.fbaipublicfiles.com/pytorchvideo/model_zoo/kinetics/SLOWFAST_8x8_R50.pyth", sha256="")
SLOW = torch.linspace(0, FRAMES - 1, 8).long()
"""The frames of a clip that the slow path takes: 0 4 8 13 17 22 26 31."""
MEAN, STD = 0.45, 0.225


class SlowFast(nn.Module):
    """Maps clips to features: 2048 of the slow path, then 256 of the fast path, as they are before the classifier.

    Each is averaged over time and space and is not normalised.
    """

    def __init__(self, weights: Weights):
        super().__init__()
        network: Any = build(weights, classifier)  # a Net of pytorchvideo, which has no types
        network.blocks[-1] = nn.Identity()
        network.blocks[-2] = nn.Sequential(Float32(), network.blocks[-2])
        self.network = fuse_conv_bn(network)

    def forward(self, clips: Tensor) -> Tensor:
        """(B, 32, S, S, 3) uint8 RGB -> (B, 2304) float32."""
        layout = torch.channels_last_3d if clips.is_cuda else torch.contiguous_format
        fast = clips.permute(0, 4, 1, 2, 3).to(torch.float32, memory_format=layout)
        fast = fast.div_(255).sub_(MEAN).div_(STD)
        paths = [fast[:, :, SLOW], fast]  # a new list each call: the network changes it in place
        return self.network(paths).flatten(1)


def classifier() -> nn.Module:
    """Construct the network as it was trained, with its last layer, which tells classes."""
    import_torchvision()
    from pytorchvideo.models.hub import slowfast_r50

    return slowfast_r50(pretrained=False, head_pool=nn.AdaptiveAvgPool3d)  # AvgPool(7) is not the mean at every size
