"""What every model's recipe says: how its videos and queries are read from the corpus."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from pipeline.core.schema import Count, Section


class Recipe(Section):
    """What the recipes of all models have; besides, `query_form`, and `frames`, the most frame rows of a video.

    modalities: what the model reads of a video, `visual` and, where it wants them apart, `subtitle`.
    """

    modalities: ClassVar[tuple[str, ...]] = ("visual",)
    if TYPE_CHECKING:  # a field of some recipes, the same for all of a model in others
        frames: int
        query_form: str

    clips: Count = Field(description="clips a video after fixed-length sampling, >= 1")
