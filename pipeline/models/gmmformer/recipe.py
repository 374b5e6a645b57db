"""The schema of the recipes of GMMFormer."""

from typing import Literal

from pydantic import Field

from pipeline.core.schema import Weight
from pipeline.models.common.recipe import FrameRecipe


class GMMFormerRecipe(FrameRecipe):
    """The hyperparameters of GMMFormer (Wang et al., AAAI 2024)."""

    window: Literal["own_length", "padded"] = Field(
        description="Gaussian windows follow each video's own_length | the padded length of the batch, as published: "
        "vectors then depend on batch mates"
    )
    query_diversity_weight: Weight = Field(description="weight of the query diversity loss, >= 0")
    query_diversity_alpha: Weight = Field(description="alpha of the query diversity loss, >= 0")
    query_diversity_delta: float = Field(description="delta of the query diversity loss, cosine")
