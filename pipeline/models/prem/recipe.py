"""The schema of the recipes of PREM's retriever."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from pipeline.core.schema import Count, Weight, refuse_uneven
from pipeline.models.common.recipe import GradientRecipe


class PremRecipe(GradientRecipe):
    """The hyperparameters of PREM's retriever (Zhang et al., ICMR 2024), which sees clips at the videos' own pace."""

    modalities: ClassVar[tuple[str, ...]] = ("visual", "subtitle")
    own_pace: ClassVar[bool] = True
    query_form: ClassVar[str] = "token"
    optimizer: ClassVar[str] = "adamw"

    clips: Count = Field(description="most clips a video, as they are: later ones are cut off, >= 1")
    modality: Literal["both", "visual", "subtitle"] = Field(
        description="both, as published; visual alone where the corpus has no subtitles | visual | subtitle: one alone"
    )
    pooling: Literal["specific", "mean", "max"] = Field(
        description="how the words of a query become a vector: specific, weighted for each modality, as published | "
        "mean | max, of each unit"
    )
    positive: Literal["moment", "video"] = Field(
        description="queries are drawn to the best clip of their annotated moment, as published | of their whole video"
    )
    weak_weight: Weight = Field(
        description="weight of the loss that draws queries to the best clip outside their moment, >= 0"
    )
    temperature: Annotated[float, Field(gt=0)] = Field(description="what cosines are divided by in the losses, > 0")
    hidden: Count = Field(description="units, a multiple of heads")
    heads: Count = Field(description="attention heads, >= 1")

    @property
    def frames(self) -> int:
        """The most frame rows a video, which are its clips."""
        return self.clips

    @model_validator(mode="after")
    def _fits_together(self):
        refuse_uneven("hidden", self.hidden, "heads", self.heads)
        if self.modality == "subtitle" and self.start != "random":
            raise ValueError("`start: cca` begins from what is seen; with `modality: subtitle` say `start: random`")
        return self
