"""What the recipe of every localizer holds: how many videos it looks at, and which of its spans are kept.

The values are in recipes/localizers/<localizer>.yaml. Test: tests/localizers/test_recipe.py.
"""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from pipeline.core.recipe import Recipe
from pipeline.core.schema import Count, Dropout, Fraction, Section, Weight
from pipeline.feature_io.asked import LOCALIZER_SUBTITLE
from pipeline.models.common.recipe import STEADY_UNITS
from pipeline.models.common.recipe_file import RecipeFiles


class LocalizerRecipe(Section):
    """The hyperparameters that all localizers have.

    modalities: what the localizer reads of the videos itself, besides what the retriever found. fitted: whether it
    learns from queries.
    """

    modalities: ClassVar[tuple[str, ...]] = ()
    fitted: ClassVar[bool] = False

    videos: Count = Field(description="retrieved videos a query in which spans are looked for, the best ones, >= 1")
    before_nms: Count = Field(description="spans a query, over its videos, that non-maximum suppression sees, >= 1")
    after_nms: Count = Field(description="spans a query that are kept after it, >= 1")
    nms: Fraction = Field(
        description="of two spans of a video with a larger IoU the worse one is dropped, 0 to 1; 1 drops none"
    )
    per_video: Count | None = Field(
        description="spans of a video that compete with those of other videos, the best that NMS keeps of it, >= 1 | "
        "null: all compete, as published"
    )


class TrainedLocalizerRecipe(LocalizerRecipe, Recipe):
    """The hyperparameters of all localizers that are trained; they read a video's clips at its own pace.

    Their subtitles have a file of their own, so that one which is chosen later leaves the trained retriever as it is.
    """

    own_pace: ClassVar[bool] = True
    fitted: ClassVar[bool] = True
    subtitles: ClassVar[str] = LOCALIZER_SUBTITLE

    clips: Count = Field(description="most clips a video, its feature rows as they are: later ones are cut, >= 1")
    start: Literal["random", "cca"] = Field(
        description="what training starts from: random, as published | cca: canonical correlations, for small data"
    )
    hidden: Count = Field(description="units, a multiple of heads")
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
    label_rule: Literal["floor_ceil", "round"] = Field(
        description="clips of the annotated moment: floor_ceil: all that it touches, as published | round: between the "
        "clip borders nearest to its start and end"
    )

    @property
    def frames(self) -> int:
        """The most feature rows a video that the localizer reads."""
        return self.clips

    @model_validator(mode="after")
    def _can_train(self):
        if self.start == "cca" and self.hidden < STEADY_UNITS + 2:
            raise ValueError(f"hidden ({self.hidden}) must be at least {STEADY_UNITS + 2} with `start: cca`")
        if self.negatives_from < self.negatives:
            raise ValueError(f"negatives_from ({self.negatives_from}) must be at least negatives ({self.negatives})")
        return self


LOCALIZERS = RecipeFiles(
    "localizers",
    LocalizerRecipe,
    "localizer",
    "localizer_recipe",
    "localizers",
    Path("outputs/scan/localizer_recipe.json"),
)
