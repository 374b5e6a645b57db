"""Small localizers, as they are before training."""

from typing import Any

from pipeline.corpus.corpus import Corpus
from pipeline.corpus.params import FeaturesParams
from pipeline.localizer_training.train import sizes_of, start
from pipeline.localizers.common import trained
from pipeline.localizers.common.interface import TrainedLocalizer
from pipeline.localizers.common.recipe import LOCALIZERS, TrainedLocalizerRecipe

SMALL = {"clips": 8, "hidden": 16, "heads": 2, "inner": 16, "layers": 1, "batch_queries": 8, "learning_rate": 3e-3}
PLAIN = FeaturesParams(streams=["resnet"], normalize="none")


def small_recipe(**changes: Any) -> TrainedLocalizerRecipe:
    """The recipe `default` of PREM's localizer, small, without dropout, with changes."""
    values = LOCALIZERS.read("prem")["default"].model_dump()
    quick = {"dropout": 0.0, "input_dropout": 0.0, "videos": 3, "epochs": 2}
    return LOCALIZERS.schema("prem")(**{**values, **SMALL, **quick, **changes})


def network_of(corpus: Corpus, recipe: TrainedLocalizerRecipe, seed: int = 0) -> TrainedLocalizer:
    """The network for a corpus in the localizer's form, with the weights that training starts from."""
    network = trained.build("prem", recipe, sizes_of(corpus, max_query_tokens=30))
    start(network, PLAIN, corpus, seed)
    return network
