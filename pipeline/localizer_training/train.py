"""Builds a localizer for a corpus and a trained retriever, and trains it.

Tests: tests/localizer_training/test_train.py, test_stage.py.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch

from pipeline.core.recipe import Recipe
from pipeline.corpus.corpus import Corpus, load_corpus
from pipeline.corpus.params import FeaturesParams
from pipeline.localizer_training.examples import Examples
from pipeline.localizer_training.loop import LocalizerState, fit
from pipeline.localizer_training.negatives import negatives
from pipeline.localizer_training.selection import Selection
from pipeline.localizers.common import trained
from pipeline.localizers.common.interface import TrainedLocalizer
from pipeline.models.common.blocks import initialize
from pipeline.models.common.interface import RetrievalModel
from pipeline.retrieval.index import Index
from pipeline.training.batches import derived_seed
from pipeline.training.start import start_from_cca


class Split(NamedTuple):
    """A split in two forms, with the same videos and the same queries: as the retriever reads it, and the localizer."""

    retriever: Corpus
    localizer: Corpus


def load_split(
    manifest: Path | str,
    folder: Path | str,
    split: str,
    features: tuple[FeaturesParams, FeaturesParams],
    recipes: tuple[Recipe, Recipe],
) -> Split:
    """Load a split as the retriever and as the localizer reads it.

    manifest, folder: where the manifest and the feature files are. features, recipes: those of the retriever, and those
    of the localizer. Raises PipelineError where one of them lacks videos or queries that the other has.
    """
    both = [load_corpus(manifest, folder, split, *form) for form in zip(features, recipes, strict=True)]
    if both[0].video_ids != both[1].video_ids or both[0].query_ids != both[1].query_ids:
        raise trained.other_videos(folder, f" of the {split} split")
    return Split(*both)


def shuffled(corpus: Corpus, seed: int) -> Corpus:
    """Give every query the words of another one, for the control run, which must learn nothing."""
    order = torch.randperm(
        len(corpus.query), generator=torch.Generator().manual_seed(derived_seed(seed, "shuffled words"))
    )
    return replace(corpus, query=corpus.query[order], query_mask=corpus.query_mask[order])


def sizes_of(corpus: Corpus, max_query_tokens: int) -> dict[str, int]:
    """Read the sizes that a network is built for, as `trained.build` takes them, from a split in the localizer's form.

    max_query_tokens: the most tokens that a query of any split can have.
    """
    return {
        "video_size": corpus.videos.frames.shape[1],
        "subtitle_size": corpus.videos.subtitle.shape[1],
        "query_size": corpus.query.shape[2],
        "max_query_tokens": max_query_tokens,
    }


def start(network: TrainedLocalizer, features: FeaturesParams, corpus: Corpus, seed: int) -> None:
    """Set the weights from which training starts, as the recipe says; corpus: the training split."""
    initialize(network, derived_seed(seed, "localizer weights"))
    if features.normalize == "standard":
        network.standardize.fit(corpus.videos.frames[None, :-1])
    if network.recipe.start == "cca":
        start_from_cca(network, corpus, corpus.labels)


def train(
    network: TrainedLocalizer,
    model: RetrievalModel,
    training: Split,
    selection: Split,
    seed: int,
    device: torch.device,
    state_file: Path,
    on_epoch: Callable[[LocalizerState], None],
) -> tuple[LocalizerState, dict[str, Any]]:
    """Train the network, which has its starting weights, on `device`; returns the state and what training.json holds.

    model: the trained retriever, on the device; its mistakes are the negatives, and its best videos are those in which
    the selection split is answered. The other arguments are those of `fit`.
    """
    recipe, corpus = network.recipe, training.localizer
    found = negatives(model, training.retriever, recipe.negatives_from, device)
    examples = Examples(corpus, found, recipe.batch_queries, recipe.negatives, recipe.label_rule, device)
    select = Selection(Index.build(model, selection.retriever, device), *selection, recipe, device)
    network.to(device)
    state = fit(network, examples, select, seed, state_file, on_epoch)
    return state, numbers(state, network, examples, corpus)


def numbers(state: LocalizerState, network: TrainedLocalizer, examples: Examples, corpus: Corpus) -> dict[str, Any]:
    """Collect what training.json holds: how training went, what it learned from, and what was left out."""
    return {
        "epochs_run": state.history[-1]["epoch"],
        "steps": state.history[-1]["steps"],
        "best_epoch": state.best["epoch"],
        "best": state.best["selection"],
        "seconds": round(state.seconds, 3),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "train_queries": len(examples.query),
        "queries_without_span": examples.without_span,
        "queries_past_the_last_clip": examples.past_the_end,
        "cut_videos": corpus.counts()["cut_videos"],
        "history": state.history,
    }
