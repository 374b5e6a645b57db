"""The schema of the recipes of `moments`, a localizer that is not trained."""

from pipeline.localizers.common.recipe import LocalizerRecipe


class MomentsRecipe(LocalizerRecipe):
    """The hyperparameters of what a retriever finds by itself: those that all localizers have."""
