"""A small localizer network of PREM, and random inputs for it."""

from typing import Any

import torch
from torch import Tensor

from pipeline.corpus.videos import Videos
from pipeline.localizers.common.recipe import LOCALIZERS
from pipeline.localizers.prem.network import PremLocalizer
from pipeline.localizers.prem.recipe import PremLocalizerRecipe
from pipeline.models.common.blocks import initialize

from .recipes import FOLDER

VISUAL, WORD, SAID = 7, 6, 5
"""The sizes of the features."""


def recipe(name: str = "default", **changes: Any) -> PremLocalizerRecipe:
    """A recipe of the project with changes."""
    return PremLocalizerRecipe(**{**LOCALIZERS.read("prem", FOLDER)[name].model_dump(), **changes})


def localizer(subtitle_size: int = SAID, **changes: Any) -> PremLocalizer:
    """A network in evaluation mode, whose weights are far from 0."""
    small = {"start": "random", "hidden": 16, "heads": 2, "inner": 24, "clips": 12}
    network = PremLocalizer(VISUAL, WORD, recipe(**{**small, **changes}), 9, subtitle_size)
    initialize(network, 0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(5)
    return network.eval()


def videos(counts: list[int], subtitle_size: int = SAID) -> Videos:
    """Random videos of so many clips."""
    mask = torch.arange(max(counts)) < torch.tensor(counts)[:, None]
    rows = torch.randn(*mask.shape, VISUAL + subtitle_size, generator=torch.Generator().manual_seed(1))
    visual, subtitle = (rows * mask[..., None]).split([VISUAL, subtitle_size], dim=-1)
    return Videos(torch.empty(len(counts), 0, VISUAL), visual, mask, subtitle)


def queries(counts: list[int]) -> tuple[Tensor, Tensor]:
    """Random queries of so many tokens, and their mask."""
    mask = torch.arange(max(counts)) < torch.tensor(counts)[:, None]
    tokens = torch.randn(*mask.shape, WORD, generator=torch.Generator().manual_seed(2))
    return tokens * mask[..., None], mask
