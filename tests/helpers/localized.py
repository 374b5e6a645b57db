"""A split, its spans by `localizer: moments`, and what is measured of them."""

from pathlib import Path

import torch
from torch import nn

from pipeline.corpus.corpus import Corpus
from pipeline.evaluation.answers import Answer
from pipeline.evaluation.localized import localize
from pipeline.evaluation.ranking import Ranking, rank_corpus
from pipeline.evaluation.split import SplitResult, measure
from pipeline.localizers.common.interface import Localizer, Situation
from pipeline.localizers.common.recipe import LOCALIZERS, LocalizerRecipe
from pipeline.localizers.common.registry import open_localizer
from pipeline.retrieval.index import Index

CPU = torch.device("cpu")
OWN, WINDOW = Answer("model", None, {}), Answer("window", 0.5, {})
RECIPE = LOCALIZERS.read("moments", Path(__file__).resolve().parents[2] / "recipes")["default"]


def opened(
    model: nn.Module, corpus: Corpus, answer: Answer = OWN, recipe: LocalizerRecipe = RECIPE
) -> tuple[Localizer, Ranking]:
    """The localizer of a corpus, and the ranking that it answers for."""
    index = Index.build(model, corpus, CPU)
    ranking = rank_corpus(index, corpus)
    retrieved = (ranking.top, ranking.own)
    situation = Situation(index, corpus.query, corpus.query_mask, retrieved, answer.window)
    return open_localizer("moments", recipe, situation, network=None), ranking


def evaluate_split(
    model: nn.Module, corpus: Corpus, answer: Answer = OWN, constant: tuple[float, float] | None = None
) -> SplitResult:
    """What is measured of a corpus."""
    localizer, ranking = opened(model, corpus, answer)
    return measure(corpus, ranking, localize(localizer, ranking, RECIPE), answer, constant)
