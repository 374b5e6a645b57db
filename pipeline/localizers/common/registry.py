"""Opens localizers by name, and imports the folder of the chosen one alone, so that a stage depends on no other.

Test: tests/evaluation/test_stage.py.
"""

from collections.abc import Callable
from importlib import import_module

from pipeline.core.errors import PipelineError
from pipeline.core.plugins import only_class
from pipeline.corpus.params import FeaturesParams
from pipeline.localizers.common import trained
from pipeline.localizers.common.interface import Localizer, Situation
from pipeline.localizers.common.network_localizer import NetworkLocalizer
from pipeline.localizers.common.recipe import LocalizerRecipe


def open_localizer(name: str, recipe: LocalizerRecipe, situation: Situation) -> Localizer:
    """Open a localizer for a split: the trained network, or the class in localizer.py of the localizer's folder.

    Raises PipelineError where the network cannot be loaded, and where it does not read the videos and queries that the
    retriever reads.
    """
    if trained.is_trained(name):
        return _network(situation)
    module = import_module(f"pipeline.localizers.{name}.localizer")
    localizer_class: Callable[[Situation, LocalizerRecipe], Localizer] = only_class(module, Localizer)
    return localizer_class(situation, recipe)


def _network(situation: Situation) -> NetworkLocalizer:
    network, config = trained.load(situation.folder, situation.device)
    corpus, ours = situation.load(FeaturesParams(**config["features"]), network.recipe), situation.corpus
    if corpus.video_ids != ours.video_ids or corpus.query_ids != ours.query_ids:
        raise PipelineError(
            "the retriever and the localizer do not read the same videos",
            where=situation.folder / trained.CONFIG,
            fix="let features.streams name streams that all videos have, and run `dvc repro`",
        )
    return NetworkLocalizer(network, corpus, situation.device)
