"""The schema of the recipes of MS-SL."""

from pipeline.models.common.recipe import FrameRecipe


class MSSLRecipe(FrameRecipe):
    """The hyperparameters of MS-SL (Dong et al., ACM MM 2022)."""
