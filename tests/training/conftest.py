"""Corpora that can be learnt: every video has events, a query names one event of its video."""

from pathlib import Path

import pytest
import torch
import yaml
from helpers.recipes import SMALL, write_recipes
from helpers.recipes import recipe_of as recipe_of_file

from pipeline.core.manifest import Query, Video, write_queries, write_videos
from pipeline.core.recipe import Recipe
from pipeline.corpus.clip_times import ClipTimes, clip_times
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.videos import video_rows
from pipeline.feature_io.hdf5 import Packed, pack
from pipeline.settings.streams import write_asked

PARAMS = Path(__file__).resolve().parents[2] / "params.yaml"
EVENTS, SIZE, TOKENS = 3, 16, 4


def event_vectors(videos: int) -> torch.Tensor:
    """(videos, EVENTS, SIZE), all different."""
    return torch.randn(videos, EVENTS, SIZE, generator=torch.Generator().manual_seed(0))


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
    """A folder with params.yaml, manifest and features, ready for stages.train; the current folder, own store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("AMDNET_DEVICE", "cpu")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    document = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    document |= {"dataset": "sample", "model": "amdnet", "protocol": "honest"}
    document["features"] = {"streams": ["resnet"], "normalize": "stream"}
    document["train"] = {"seed": 0, "shuffle_queries": False}
    write_recipes(tmp_path, **SMALL)
    write_asked(["resnet"])
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(document))

    splits = ["train"] * 8 + ["val"] * 3 + ["test"] * 3
    events, ids = event_vectors(len(splits)), [f"v{index:02}" for index in range(len(splits))]
    videos = [Video(id, f"{id}.mp4", "0" * 64, 9.0, (split,)) for id, split in zip(ids, splits, strict=True)]
    queries = [
        Query(f"{id}#{event}", id, "a query", split)
        for id, split in zip(ids, splits, strict=True)
        for event in range(EVENTS)
    ]
    write_videos("outputs/manifest/videos.jsonl", videos)
    write_queries("outputs/manifest/queries.jsonl", queries)
    rows = events.repeat_interleave(3, dim=1).numpy()
    recipe = {"weights": "random (seed 0)"}
    pack("outputs/features/resnet.h5", [Packed(id, row, {}) for id, row in zip(ids, rows, strict=True)], recipe)
    tokens = events.flatten(0, 1)[:, None].repeat(1, TOKENS, 1).numpy()
    texts = [Packed(query.query_id, rows, {}) for query, rows in zip(queries, tokens, strict=True)]
    pack("outputs/features/query.h5", texts, {"weights": "sha256:0", "max_tokens": 30})
    return tmp_path
