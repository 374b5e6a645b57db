"""What the recipe of every localizer holds: how many videos it looks at, and which of its spans are kept.

The values are in recipes/localizers/<localizer>.yaml. Test: tests/localizers/test_recipe.py.
"""

from pathlib import Path

from pydantic import Field

from pipeline.core.schema import Count, Fraction, Section
from pipeline.models.common.recipe_file import RecipeFiles


class LocalizerRecipe(Section):
    """The hyperparameters that all localizers have."""

    videos: Count = Field(description="retrieved videos a query in which spans are looked for, the best ones, >= 1")
    before_nms: Count = Field(description="spans a query, over its videos, that non-maximum suppression sees, >= 1")
    after_nms: Count = Field(description="spans a query that are kept after it, >= 1")
    nms: Fraction = Field(
        description="of two spans of a video with a larger IoU the worse one is dropped, 0 to 1; 1 drops none"
    )


LOCALIZERS = RecipeFiles(
    "localizers",
    LocalizerRecipe,
    "localizer",
    "localizer_recipe",
    "localizers",
    Path("outputs/scan/localizer_recipe.json"),
)
