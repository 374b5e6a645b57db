"""The hyperparameters that several models have in common; those of one model alone are in its folder's recipe.py.

The values are in recipes/<model>.yaml. Test: tests/models/test_recipe_file.py.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from pipeline.core.recipe import Recipe
from pipeline.core.schema import Count, Dropout, Fraction, Weight, refuse_uneven

STEADY_UNITS = 4  # hidden units that `start: cca` keeps to itself

RetrievalScale = Annotated[
    float,
    Field(gt=0, description="of the dot products in the retrieval losses, > 0; 1 as published, less for small data"),
]


class GradientRecipe(Recipe):
    """The hyperparameters of all models that are trained by gradient descent.

    optimizer: bert_adam | adamw, which trains the model (training/loop.py).
    """

    fitted: ClassVar[bool] = True
    optimizer: ClassVar[str] = "bert_adam"

    epochs: Count = Field(description="passes over the training videos, >= 1")
    start: Literal["random", "cca"] = Field(
        description="what training starts from: random, as published | cca: canonical correlations, for small data"
    )
    hidden: Count = Field(description="units")
    input_dropout: Dropout = Field(description="0 to < 1")
    dropout: Dropout = Field(description="0 to < 1")
    learning_rate: Annotated[float, Field(gt=0)] = Field(description="> 0")
    warmup: Dropout = Field(description="share of all steps, 0 to < 1")
    weight_decay: Weight = Field(description=">= 0")
    batch_videos: Annotated[int, Field(ge=2)] = Field(description="videos a batch, >= 2; all their queries come along")
    patience_steps: Count | None = Field(
        description="optimiser steps without a better validation SumR before stopping, >= 1 | null: all epochs are run"
    )

    @model_validator(mode="after")
    def _room_to_start(self):
        if self.start == "cca" and self.hidden < STEADY_UNITS + 2:
            raise ValueError(f"hidden ({self.hidden}) must be at least {STEADY_UNITS + 2} with `start: cca`")
        return self


class SolvedRecipe(Recipe):
    """What the models share that are solved in closed form."""

    fitted: ClassVar[bool] = True

    epochs: Count = Field(description="times it is solved, >= 1")


class FrameRecipe(GradientRecipe):
    """The hyperparameters of all models that look at clips and frame rows.

    A frame row is a feature row of a video at its own pace, beside the fixed number of clips; see corpus/videos.py.
    """

    query_form: ClassVar[str] = "token"

    hidden: Count = Field(description="units, a multiple of heads")
    heads: Count = Field(description="attention heads, >= 1")
    frames: Count = Field(description="most frame rows a video: more are averaged to as many, >= 1")
    clip_weight: Fraction = Field(description="of the clip branch in the score, 0 to 1; the frame branch has the rest")
    margin: Weight = Field(description="margin of the triplet losses, cosine, >= 0")
    clip_retrieval_weight: Weight = Field(description="weight of the clip branch's retrieval loss, >= 0")
    frame_retrieval_weight: Weight = Field(description="weight of the frame branch's retrieval loss, >= 0")
    retrieval_scale: RetrievalScale
    hard_start: Annotated[int, Field(ge=0)] = Field(
        description="epochs with triplets of random negatives, >= 0; then come hard ones"
    )
    hard_pool: Count = Field(description="hardest negatives that a hard one is drawn from, >= 1")

    @model_validator(mode="after")
    def _heads_divide(self):
        refuse_uneven("hidden", self.hidden, "heads", self.heads)
        return self
