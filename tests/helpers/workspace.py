"""Manifest, features and settings of a corpus that can be learnt: every video has events, a query names one of them."""

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from helpers.recipes import SMALL, write_recipes
from helpers.shipped import shipped

from pipeline.core.manifest import Query, Video, write_queries, write_videos
from pipeline.core.reused import write_reused
from pipeline.feature_io.hdf5 import Item, write_features
from pipeline.models.common.recipe_file import MODELS
from pipeline.settings.streams import write_asked
from stages import train as stage

EVENTS, SIZE, TOKENS = 3, 16, 4


def event_vectors(videos: int) -> torch.Tensor:
    """(videos, EVENTS, SIZE), all different."""
    return torch.randn(videos, EVENTS, SIZE, generator=torch.Generator().manual_seed(0))


def train() -> None:
    """Run the stage train with the recipe that params.yaml of the current folder chooses, as `scan` does it."""
    choose_recipe()
    stage.main()


def change(**sections: Any) -> None:
    """Change params.yaml of the current folder; of a section, the named parameters alone."""
    document = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    for name, value in sections.items():
        document[name] = {**document[name], **value} if isinstance(value, dict) else value
    Path("params.yaml").write_text(yaml.safe_dump(document))


def choose_recipe() -> None:
    """Write the recipe that params.yaml of the current folder chooses."""
    document = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    MODELS.write_chosen(document["model"], MODELS.load(document["model"], document["recipe"], document["dataset"]))


def enter_workspace(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `folder` ready for stages.train, and the current folder of the test: it has a store of its own."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AMDNET_STORE", str(folder / "store"))
    monkeypatch.setenv("AMDNET_DEVICE", "cpu")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    document = shipped()
    document |= {"dataset": "sample", "model": "amdnet", "protocol": "honest"}
    document["features"] = {"streams": ["resnet"], "normalize": "stream"}
    document["train"] = {"seed": 0, "shuffle_queries": False, "reuse": "none"}
    write_recipes(folder, **SMALL)
    write_asked(["resnet"], ["resnet"])
    write_reused(None)
    (folder / "params.yaml").write_text(yaml.safe_dump(document))

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
    provenance = {"weights": "random (seed 0)"}
    write_features(
        "outputs/features/resnet.h5", [Item(id, row, {}) for id, row in zip(ids, rows, strict=True)], provenance
    )
    tokens = events.flatten(0, 1)[:, None].repeat(1, TOKENS, 1).numpy()
    texts = [Item(query.query_id, rows, {}) for query, rows in zip(queries, tokens, strict=True)]
    write_features("outputs/features/query.h5", texts, {"weights": "sha256:0", "max_tokens": 30})
