"""Hyperparameters of MS-SL."""

from pipeline.models.common.recipe import FrameRecipe


class MSSLRecipe(FrameRecipe):
    """Hyperparameters of MS-SL on one data set (Dong et al., ACM MM 2022)."""
