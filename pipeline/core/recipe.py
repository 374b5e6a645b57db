"""What the recipe of every model holds: how the model's videos and queries are read from the corpus."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field

from pipeline.core.schema import Count, Section


class Recipe(Section):
    """The hyperparameters that all models have.

    modalities: what the model reads of a video, `visual` and, where it reads them apart, `subtitle`. frames: the most
    rows of a video that a model reads besides the clips, 0 for none. query_form: what a query is to the model, see
    `pipeline.corpus.sources.Form`. own_pace: true for a model whose clips are the feature rows of a video as they are,
    its first `clips` rows, which are cut and not averaged; such a model's `frames` is equal to `clips`. subtitles: the
    name of the feature file from which subtitles are read where they are read apart. fitted: whether the model learns
    from queries, in any way. one_space: true for a model that compares the row of a clip with the vector of a sentence
    as they are, which only means something where one model made both.
    """

    modalities: ClassVar[tuple[str, ...]] = ("visual",)
    own_pace: ClassVar[bool] = False
    subtitles: ClassVar[str] = "subtitle"
    fitted: ClassVar[bool] = False
    one_space: ClassVar[bool] = False
    if TYPE_CHECKING:  # read-only, so that a recipe may have either as a field or, where it is no choice, as a ClassVar

        @property
        def frames(self) -> int: ...
        @property
        def query_form(self) -> str: ...

    clips: Count = Field(description="clips a video after fixed-length sampling, >= 1")

    def with_room_for(self, rows: Callable[[], int]) -> Self:
        """Return the recipe with which the model is built for a corpus; here it is as it is, with as many clips.

        rows: returns how many feature rows the longest video of the corpus has.
        """
        return self
