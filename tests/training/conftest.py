"""Corpora that can be learnt: every video has events, a query names one event of its video."""

from pathlib import Path

import pytest
import torch
from helpers.recipes import recipe_of as recipe_of_file
from helpers.workspace import EVENTS, SIZE, TOKENS, enter_workspace, event_vectors

from pipeline.corpus.clip_times import ClipTimes, clip_times
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.videos import video_rows
from pipeline.models.common.recipe import Recipe


@pytest.fixture
def recipe_of():
    """recipe_of("gmmformer") -> the recipe of the sample, small."""

    def make(model: str) -> Recipe:
        return recipe_of_file(
            model, hidden=32, clips=9, batch_videos=4, epochs=4, learning_rate=1e-3, patience_steps=1000
        )

    return make


@pytest.fixture
def published():
    """published("gmmformer", "tvr") -> the recipe of that data set, as it is."""
    return recipe_of_file


@pytest.fixture
def recipe(recipe_of) -> Recipe:
    return recipe_of("amdnet")


@pytest.fixture
def make_corpus():
    """make_corpus(videos, queries=(3, 1, ...)) -> Corpus; queries: how many each video has, by default one an event."""

    def make(videos: int, queries: tuple[int, ...] | None = None) -> Corpus:
        counts = queries or (EVENTS,) * videos
        events = event_vectors(videos)
        video = events.repeat_interleave(3, dim=1) + 0.1 * torch.randn(
            videos, 9, SIZE, generator=torch.Generator().manual_seed(1)
        )
        labels = torch.arange(videos).repeat_interleave(torch.tensor(counts))
        asked = torch.cat([torch.arange(count) % EVENTS for count in counts])
        return Corpus(
            video_ids=[f"v{index:02}" for index in range(videos)],
            durations=torch.full((videos,), 9.0),
            times=ClipTimes(*(axis.expand(videos, *axis.shape) for axis in clip_times(9, 9, 1.0, 9.0))),
            videos=video_rows(list(video), [rows[: 5 + number % 5] for number, rows in enumerate(video)]),
            query_ids=[f"q{index:03}" for index in range(len(labels))],
            texts=["a query"] * len(labels),
            query=events[labels, asked][:, None].repeat(1, TOKENS, 1),
            query_mask=torch.ones(len(labels), TOKENS, dtype=torch.bool),
            labels=labels,
            spans=[()] * len(labels),
            agreement=[1] * len(labels),
            missing_videos=[],
            missing_queries=[],
        )

    return make


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Path:
    """See helpers.workspace; the current folder."""
    enter_workspace(tmp_path, monkeypatch)
    return tmp_path
