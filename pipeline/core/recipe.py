"""What every model's recipe says: how its videos and queries are read from the corpus."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from pipeline.core.schema import Count, Section


class Recipe(Section):
    """What the recipes of all models have; besides, `query_form`, and `frames`, the most frame rows of a video.

    modalities: what the model reads of a video, `visual` and, where it wants them apart, `subtitle`.
    """

    modalities: ClassVar[tuple[str, ...]] = ("visual",)
    if TYPE_CHECKING:  # read-only, so that a recipe may have either as a field or, where it is no choice, as a ClassVar

        @property
        def frames(self) -> int: ...
        @property
        def query_form(self) -> str: ...

    clips: Count = Field(description="clips a video after fixed-length sampling, >= 1")
