"""The schema of the recipes of CCA, the linear baseline."""

from typing import Annotated, ClassVar

from pydantic import Field

from pipeline.core.schema import Count, Weight
from pipeline.models.common.recipe import SolvedRecipe


class CCARecipe(SolvedRecipe):
    """The hyperparameters of CCA, which is solved in closed form and uses no frame rows."""

    frames: ClassVar[int] = 0
    query_form: ClassVar[str] = "sentence"

    epochs: Count = Field(
        description="times it is solved: with each video's mean, then with each query's best clip, >= 1"
    )
    dimensions: Count = Field(description="of the common space, >= 1; at most the smaller feature size")
    ridge: Annotated[float, Field(gt=0)] = Field(
        description="added to the variances of features, a multiple of their mean, > 0"
    )
    correlation_power: Weight = Field(
        description="a direction's weight is its correlation to this power, >= 0; 0 is plain CCA"
    )
