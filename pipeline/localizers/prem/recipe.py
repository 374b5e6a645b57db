"""The schema of the recipes of PREM's localizer."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from pipeline.core.recipe import Recipe
from pipeline.core.schema import Count, Dropout, Weight
from pipeline.localizers.common.recipe import LocalizerRecipe
from pipeline.models.common.recipe import STEADY_UNITS


class PremLocalizerRecipe(LocalizerRecipe, Recipe):
    """The hyperparameters of the localizer of PREM (Zhang et al., ICMR 2024)."""

    own_pace: ClassVar[bool] = True
    modalities: ClassVar[tuple[str, ...]] = ("visual", "subtitle")
    query_form: ClassVar[str] = "token"

    clips: Count = Field(description="most clips a video, its feature rows as they are: later ones are cut, >= 1")
    start: Literal["random", "cca"] = Field(
        description="what training starts from: random, as published | cca: canonical correlations, for small data"
    )
    hidden: Count = Field(description="units, a multiple of heads")
    heads: Count = Field(description="attention heads, >= 1")
    inner: Count = Field(description="units between the two linear maps of a Transformer layer, >= 1")
    layers: Count = Field(description="layers of the fusion Transformer, >= 1")
    gates: Literal["unit_product", "unit_clip", "sigmoid", "none"] = Field(
        description="how the query gates a clip: unit_product: their product, made a unit vector | unit_clip: the "
        "query times the clip as a unit vector | sigmoid: the clip times the sigmoid of the query | none"
    )
    input_dropout: Dropout = Field(description="0 to < 1")
    dropout: Dropout = Field(description="0 to < 1")
    learning_rate: Annotated[float, Field(gt=0)] = Field(description="> 0")
    warmup: Dropout = Field(description="share of all steps, 0 to < 1")
    weight_decay: Weight = Field(description=">= 0")
    batch_queries: Count = Field(description="queries a batch, each with its true video and its negatives, >= 1")
    negatives: Annotated[int, Field(ge=0)] = Field(
        description="other videos a query that its moment is told from in training, >= 0; 0: start and end are "
        "normalized within the true video alone"
    )
    negatives_from: Count = Field(description="best retrieved videos that negatives are drawn from, >= 1")
    epochs: Count = Field(description="passes over the training queries, >= 1")
    patience_epochs: Count | None = Field(
        description="epochs without a better validation figure before stopping, >= 1 | null: all epochs are run"
    )
    adversarial_weight: Weight = Field(
        description="weight of the loss of the classifier of spans, >= 0; 0 does without it"
    )
    adv_reduction: Literal["query", "flat"] = Field(
        description="mean of the classifier's loss: query: over queries, the right and the wrong spans of each with "
        "half the weight | flat: over all spans"
    )
    label_rule: Literal["floor_ceil", "round"] = Field(
        description="clips of the annotated moment: floor_ceil: all that it touches, as published | round: between the "
        "clip borders nearest to its start and end"
    )
    min_clips: Count = Field(description="fewest clips a span, >= 1")
    max_clips: Count = Field(description="most clips a span, >= min_clips")
    fusion: Literal["logit_sum", "per_video_softmax"] = Field(
        description="score of a span among all videos: logit_sum: the video's score / temperature + start + end logit "
        "| per_video_softmax: the video's score times the probabilities of start and end within the video"
    )
    temperature: Annotated[float, Field(gt=0)] = Field(description="> 0; counts with `fusion: logit_sum`")

    @property
    def frames(self) -> int:
        """The most feature rows a video that the localizer reads."""
        return self.clips

    @model_validator(mode="after")
    def _fits(self):
        if self.hidden % self.heads:
            raise ValueError(f"hidden ({self.hidden}) must be a multiple of heads ({self.heads})")
        if self.start == "cca" and self.hidden < STEADY_UNITS + 2:
            raise ValueError(f"hidden ({self.hidden}) must be at least {STEADY_UNITS + 2} with `start: cca`")
        if self.max_clips < self.min_clips:
            raise ValueError(f"max_clips ({self.max_clips}) must be at least min_clips ({self.min_clips})")
        if self.negatives_from < self.negatives:
            raise ValueError(f"negatives_from ({self.negatives_from}) must be at least negatives ({self.negatives})")
        return self
