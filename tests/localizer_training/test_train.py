"""Training a localizer for a retriever: where it starts, the control run, and the splits in two forms."""

from dataclasses import replace

import pytest
import torch
from helpers.localizers import PLAIN, network_of, small_recipe

from pipeline.core.errors import PipelineError
from pipeline.localizer_training import train as module
from pipeline.localizer_training.train import load_split, shuffled, start


def test_equal_seeds_start_equally_and_features_are_standardized_where_asked(make_corpus):
    corpus, recipe = make_corpus(6), small_recipe(start="random")
    first, again, other = (network_of(corpus, recipe, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(tensor, again[name]) for name, tensor in first.items())
    assert not torch.equal(first["start.inner.weight"], other["start.inner.weight"])
    network = network_of(corpus, recipe)
    start(network, replace_normalize("standard"), corpus, 0)
    rows = network.standardize(corpus.videos.frames[:-1])
    assert rows.mean(dim=0).abs().max() < 1e-5 and (rows.std(dim=0, correction=0) - 1).abs().max() < 1e-4


def replace_normalize(how: str):
    return PLAIN.model_copy(update={"normalize": how})


def test_the_control_run_gives_queries_the_words_of_others(make_corpus):
    corpus = make_corpus(20)
    control = shuffled(corpus, 3)
    moved = (control.query != corpus.query).flatten(1).any(dim=1)
    assert moved.float().mean() > 0.9 and torch.equal(control.labels, corpus.labels)
    assert torch.equal(shuffled(corpus, 3).query, control.query) and control.spans == corpus.spans


def test_both_forms_of_a_split_must_have_the_same_videos(make_corpus, monkeypatch):
    corpora = [make_corpus(4), make_corpus(4)]
    monkeypatch.setattr(module, "load_corpus", lambda *_: corpora[0] if _[-1] == "model" else corpora[1])
    split = load_split("m", "f", "train", (PLAIN, PLAIN), ("model", "localizer"))
    assert split.retriever is corpora[0] and split.localizer is corpora[1]
    corpora[1] = replace(corpora[1], video_ids=["others", *corpora[1].video_ids[1:]])
    with pytest.raises(PipelineError, match="do not read the same videos of the train split"):
        load_split("m", "f", "train", (PLAIN, PLAIN), ("model", "localizer"))
