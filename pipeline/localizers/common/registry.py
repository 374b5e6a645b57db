"""Opens localizers by name, and imports the folder of the chosen one alone, so that a stage depends on no other.

Test: tests/evaluation/test_stage.py.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import torch

from pipeline.core.plugins import only_class
from pipeline.core.recipe import Recipe
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.params import FeaturesParams
from pipeline.localizers.common import trained
from pipeline.localizers.common.interface import Localizer, Situation
from pipeline.localizers.common.network_localizer import NetworkLocalizer
from pipeline.localizers.common.recipe import LocalizerRecipe


def open_localizer(
    name: str, recipe: LocalizerRecipe, situation: Situation, network: Callable[[], NetworkLocalizer]
) -> Localizer:
    """Open a localizer: the class in localizer.py of its folder, or, where it is trained, what `network` opens."""
    if trained.is_trained(name):
        return network()
    module = import_module(f"pipeline.localizers.{name}.localizer")
    localizer_class: Callable[[Situation, LocalizerRecipe], Localizer] = only_class(module, Localizer)
    return localizer_class(situation, recipe)


def open_trained(
    folder: Path, ours: Corpus, load: Callable[[FeaturesParams, Recipe], Corpus], device: torch.device
) -> NetworkLocalizer:
    """Open the trained network in `folder` for a split.

    ours: the split as the retriever reads it. load: loads the same split with other features, in the form of another
    recipe. Raises PipelineError where the network cannot be loaded, and where it does not read the videos and queries
    that the retriever reads.
    """
    network, config = trained.load(folder, device)
    corpus = load(FeaturesParams(**config["features"]), network.recipe)
    if corpus.video_ids != ours.video_ids or corpus.query_ids != ours.query_ids:
        raise trained.other_videos(folder / trained.CONFIG)
    return NetworkLocalizer.of_split(network, corpus, device)
