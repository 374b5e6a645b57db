"""Builds a model for a corpus, and fits it in the way that its class and its recipe say.

Tests: tests/training/test_stage.py, test_start.py; tests/experiments/test_folds.py.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.core.recipe import Recipe
from pipeline.core.runtime import threads
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.params import FeaturesParams
from pipeline.models.common.blocks import initialize
from pipeline.models.common.interface import RetrievalModel, SolvedModel, TrainedModel
from pipeline.models.common.registry import build
from pipeline.training.batches import Batches, derange, derived_seed
from pipeline.training.closed_form import solve
from pipeline.training.loop import TrainingState, fit, unfitted
from pipeline.training.params import TrainParams
from pipeline.training.start import start_from_cca

Weights = dict[str, Tensor]


def labels_of(corpus: Corpus, params: TrainParams) -> Tensor:
    """Return the video of each training query (Q,) int64; another one in the control run, `train.shuffle_queries`."""
    return derange(corpus.labels, derived_seed(params.seed, "derangement")) if params.shuffle_queries else corpus.labels


def initial_model(
    name: str,
    recipe: Recipe,
    features: FeaturesParams,
    corpus: Corpus,
    labels: Tensor,
    max_query_tokens: int,
    seed: int,
) -> tuple[RetrievalModel, list[Weights]]:
    """Build the model as it is before training, on the CPU, and the baselines that training must improve on.

    A baseline is a state dict of the model; where the recipe starts from none, the model's own weights are the only
    one. name: the model's. corpus: the training split, from which the model takes mean and deviation of the features
    with `features.normalize: standard` where it is fitted, and the directions of CCA with `start: cca`. labels: (Q,)
    int64, the video of each query. max_query_tokens: the most tokens a query can have.
    """
    videos = corpus.videos
    sizes = videos.clips.shape[2], corpus.query.shape[2]
    model = build(name, *sizes, recipe, max_query_tokens, videos.subtitle.shape[1])
    initialize(model, derived_seed(seed, "weights"))
    with threads(1):
        if features.normalize == "standard" and recipe.fitted:
            model.standardize.fit(videos.frames[None, :-1] if recipe.own_pace else videos.clips)
        if isinstance(model, TrainedModel) and model.recipe.start == "cca":
            return model, start_from_cca(model, corpus, labels)
    return model, [model.state_dict()]


def train(
    model: RetrievalModel,
    baselines: list[Weights],
    corpus: Corpus,
    labels: Tensor,
    selection: Corpus,
    seed: int,
    device: torch.device,
    state_file: Path,
    on_epoch: Callable[[TrainingState], None],
) -> TrainingState:
    """Move `model` to `device` and fit it to the corpus: by gradient descent, in closed form, or not at all.

    model, baselines: from `initial_model`. labels: (Q,) int64, the video of each query. selection: the split on which
    the best epoch is chosen. The other arguments and the result are those of `fit`, which, like `solve` and `unfitted`,
    is chosen by the model's class.
    """
    model.to(device)
    if isinstance(model, TrainedModel):
        batches = Batches(corpus, labels, model.recipe.batch_videos, device)
        return fit(model, baselines, batches, selection, model.recipe, seed, device, state_file, on_epoch)
    if isinstance(model, SolvedModel):
        return solve(model, corpus, labels, selection, device, on_epoch)
    return unfitted(model, baselines, selection, device, on_epoch)


def numbers(trained: TrainingState, model: RetrievalModel, corpus: Corpus, selection: Corpus) -> dict[str, Any]:
    """Collect what training.json holds: how training went, the size of the model, and what it was trained on."""
    return {
        **trained.summary(),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        **{f"train_{name}": number for name, number in corpus.counts().items()},
        **{f"selection_{name}": number for name, number in selection.counts().items()},
        "history": trained.history,
    }
