"""The schema of the recipes of the model that needs no training."""

from collections.abc import Callable
from typing import ClassVar, Self

from pydantic import Field

from pipeline.core.recipe import Recipe
from pipeline.core.schema import Count, Fraction


class ZeroShotRecipe(Recipe):
    """The hyperparameters of a model that compares a sentence with every clip of a video as it is."""

    own_pace: ClassVar[bool] = True
    one_space: ClassVar[bool] = True
    query_form: ClassVar[str] = "sentence"

    clips: Count = Field(
        description="clips a video for which there is room, >= 1; as many as the longest video has, where that is more"
    )
    moment_share: Fraction = Field(
        description="0 to 1: the answer is the run of clips around the best one whose similarity is above the video's "
        "mean by at least this share of what the best one's is"
    )

    @property
    def frames(self) -> int:
        """The most frame rows a video, which are its clips."""
        return self.clips

    def with_room_for(self, rows: Callable[[], int]) -> Self:
        """See Recipe. No clip of any video is cut off."""
        return self.model_copy(update={"clips": max(self.clips, rows())})
