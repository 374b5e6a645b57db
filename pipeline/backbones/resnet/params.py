"""The section `resnet` of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.core.schema import Count, NamesFile, Pixels, Precision, StreamSection


class ResNetParams(StreamSection):
    """ResNet-152 clip features."""

    SECTION = "resnet"
    BY_DEFAULT = True
    SIZE = 2048

    sampling: Literal["middle", "uniform", "published"] = Field(
        description="middle: one frame a clip | uniform: frames_per_second frames a second | published: the published "
        "features' frame, bicubic scaling and L2-normalised rows"
    )
    frames_per_second: Annotated[float, Field(gt=0)] = Field(description="frames a second, > 0; read by `uniform` only")
    pooling: Literal["max", "mean"] = Field(description="max | mean: over the frames of a clip")
    size: Pixels = Field(description="pixels, 32 to 512: short side, no crop; 224 for real weights")
    precision: Precision = Field(
        description="float32 | bfloat16: convolutions on a GPU only, pooling in float32; other features, so other "
        "store entries"
    )
    weights: Annotated[str, NamesFile(("random", "pretrained"))] = Field(
        description="random | pretrained (ImageNet-1k) | path of a .pth or .safetensors file"
    )
    batch_frames: Count = Field(description="frames a forward pass, >= 1; batches never mix videos")
