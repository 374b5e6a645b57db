"""The section `slowfast` of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.core.schema import Count, NamesFile, Pixels, Precision, StreamSection


class SlowFastParams(StreamSection):
    """SlowFast R50 8x8 clip features."""

    SECTION = "slowfast"
    BY_DEFAULT = True
    SIZE = 2304

    sampling: Literal["full_clip", "published"] = Field(
        description="full_clip: 32 frames over the clip, by timestamps | published: index arithmetic and bicubic "
        "scaling of the published features"
    )
    size: Pixels = Field(description="pixels, 32 to 512: short side and square centre crop; 224 for real weights")
    precision: Precision = Field(
        description="float32 | bfloat16: convolutions on a GPU only, pooling in float32; other features, so other "
        "store entries"
    )
    weights: Annotated[str, NamesFile(("random", "pretrained"))] = Field(
        description="random | pretrained (Kinetics-400) | path of a .pyth or .safetensors file"
    )
    batch_clips: Count = Field(description="clips a forward pass, >= 1; batches never mix videos")
