"""The schema of the recipes of `moments`, a localizer that is not trained."""

from pipeline.localizers.common.recipe import LocalizerRecipe


class MomentsRecipe(LocalizerRecipe):
    """It has no hyperparameters of its own."""
