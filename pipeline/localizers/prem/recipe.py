"""The schema of the recipes of PREM's localizer."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from pipeline.core.schema import Count, Dropout, Weight, refuse_uneven
from pipeline.localizers.common.recipe import TrainedLocalizerRecipe


class PremLocalizerRecipe(TrainedLocalizerRecipe):
    """The hyperparameters of the localizer of PREM (Zhang et al., ICMR 2024)."""

    modalities: ClassVar[tuple[str, ...]] = ("visual", "subtitle")
    query_form: ClassVar[str] = "token"

    heads: Count = Field(description="attention heads, >= 1")
    inner: Count = Field(description="units between the two linear maps of a Transformer layer, >= 1")
    layers: Count = Field(description="layers of the fusion Transformer, >= 1")
    gates: Literal["unit_product", "unit_clip", "sigmoid", "none"] = Field(
        description="how the query gates a clip: unit_product: their product, made a unit vector | unit_clip: the "
        "query times the clip as a unit vector | sigmoid: the clip times the sigmoid of the query | none"
    )
    input_dropout: Dropout = Field(description="0 to < 1")
    dropout: Dropout = Field(description="0 to < 1")
    adversarial_weight: Weight = Field(
        description="weight of the loss of the classifier of spans, >= 0; 0 does without it"
    )
    adv_reduction: Literal["query", "flat"] = Field(
        description="mean of the classifier's loss: query: over queries, the right and the wrong spans of each with "
        "half the weight | flat: over all spans"
    )
    min_clips: Count = Field(description="fewest clips a span, >= 1")
    max_clips: Count = Field(description="most clips a span, >= min_clips")
    overlap: Annotated[float, Field(gt=0)] | None = Field(
        description="score of a span within its video: null: its own start and end, as published | "
        "> 0: how far the likely spans overlap with it, logits times this"
    )
    fusion: Literal["logit_sum", "per_video_softmax"] = Field(
        description="score of a span among all videos: logit_sum: the video's score / temperature + start + end logit "
        "| per_video_softmax: the video's score times the probabilities of start and end within the video; with "
        "`overlap`, its score takes the place of start and end"
    )
    temperature: Annotated[float, Field(gt=0)] = Field(description="> 0; counts with `fusion: logit_sum`")

    @model_validator(mode="after")
    def _fits(self):
        refuse_uneven("hidden", self.hidden, "heads", self.heads)
        if self.max_clips < self.min_clips:
            raise ValueError(f"max_clips ({self.max_clips}) must be at least min_clips ({self.min_clips})")
        return self
