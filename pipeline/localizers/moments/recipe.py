"""The schema of the recipes of `moments`, a localizer that is not trained."""

from pydantic import Field

from pipeline.core.schema import Count
from pipeline.localizers.common.recipe import LocalizerRecipe


class MomentsRecipe(LocalizerRecipe):
    """The hyperparameters of what a retriever finds by itself; nothing of it is trained."""

    per_video: Count = Field(description="spans of a video that compete with those of other videos, the best, >= 1")
