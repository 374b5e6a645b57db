"""The schema of the recipes of AMDNet."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from pipeline.core.schema import Count, Weight, refuse_uneven
from pipeline.models.common.recipe import GradientRecipe, RetrievalScale


class AMDNetRecipe(GradientRecipe):
    """The hyperparameters of AMDNet (Song et al., IEEE TMM 2025), which uses no frame rows."""

    frames: ClassVar[int] = 0

    query_form: Literal["token", "sentence"] = Field(
        description="token: contextual tokens, attention-pooled | sentence: mean of the tokens, one vector a query"
    )
    hidden: Count = Field(description="units, a multiple of moments")
    moments: Count = Field(description="moments a video = attention heads, >= 1")
    retrieval_weight: Weight = Field(description="weight of the retrieval loss, >= 0")
    retrieval_scale: RetrievalScale
    diversity_weight: Weight = Field(description="weight of the moment diversity loss, >= 0")
    diversity_alpha: float = Field(description="alpha of the moment diversity loss")
    relevance_weight: Weight = Field(description="weight of the moment relevance loss, >= 0")
    relevance_margin: float = Field(description="margin of the moment relevance loss, cosine")

    @model_validator(mode="after")
    def _moments_divide(self):
        refuse_uneven("hidden", self.hidden, "moments", self.moments)
        return self
