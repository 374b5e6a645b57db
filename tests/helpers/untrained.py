"""What the stages after training read: a manifest, random features, and a model with random weights."""

from pathlib import Path

import numpy as np
import torch
import yaml
from helpers.recipes import FOLDER as RECIPES
from helpers.recipes import recipe_of
from helpers.shipped import shipped

from pipeline.core.clock import clip_count
from pipeline.core.files import write_json
from pipeline.core.manifest import Query, Video, write_queries, write_subtitles, write_videos
from pipeline.core.reused import write_reused
from pipeline.feature_io.hdf5 import Item, write_features
from pipeline.localizers.common import trained, untrained
from pipeline.localizers.common.recipe import LOCALIZERS
from pipeline.models.common import checkpoint
from pipeline.models.common.registry import build
from pipeline.text.saved import save_no_encoder

SECONDS = 1.5


def write_inputs(
    splits: tuple[str, ...],
    model: str = "amdnet",
    answer: str = "model",
    spans: bool = True,
    localizer: str = "moments",
    query_size: int = 5,
) -> None:
    """Five videos and ten queries a split, a checkpoint, a localizer and params.yaml, in the working folder."""
    generator = np.random.default_rng(0)
    videos = [Video(f"{s}{i}", f"{s}{i}.mp4", "0" * 64, 10.0 + i, (s,)) for s in splits for i in range(5)]
    queries = [
        Query(f"{v.video_id}#{n}", v.video_id, "a text", v.splits[0], ((1.0, 4.0),) if n and spans else ())
        for v in videos
        for n in range(2)
    ]
    write_videos("outputs/manifest/videos.jsonl", videos)
    write_queries("outputs/manifest/queries.jsonl", queries)
    rows = {video.video_id: clip_count(video.duration, SECONDS) for video in videos}
    for name, lengths, size in (
        ("resnet", rows, 6),
        ("query", dict.fromkeys([query.query_id for query in queries], 7), query_size),
    ):
        items = (Item(id, generator.standard_normal((lengths[id], size)), {}) for id in sorted(lengths))
        write_features(
            f"outputs/features/{name}.h5", items, {"weights": "random (seed 0)", "clip_seconds": SECONDS}, {}
        )
    document = shipped()
    document["model"], document["localizer"], document["evaluate"]["answer"] = model, localizer, answer
    Path("params.yaml").write_text(yaml.safe_dump(document))
    _write_localizer(localizer, query_size)
    write_subtitles("outputs/manifest/subtitles.jsonl", [])
    write_reused(None)
    save_no_encoder("outputs/text_encoder", "the features of the queries are random numbers")
    write_json("outputs/evaluation/search.json", {"window": None, "threshold": None})
    recipe = recipe_of(model, clips=8, hidden=16)
    torch.manual_seed(0)
    config = {
        "model": model,
        "video_size": 6,
        "query_size": query_size,
        "subtitle_size": 0,
        "max_query_tokens": 10,
        "recipe": recipe.model_dump(),
        "features": {"streams": ["resnet"], "normalize": "stream"},
        "protocol": "honest",
        "dataset": "sample",
        "seed": 7,
        "random_weights": ["resnet", "query"],
    }
    write_json("outputs/manifest/prepare.json", {"leaks": {"test_videos": 2, "of": 5, "groups": []}})
    write_json("outputs/model/training.json", {"parameters": 1, "seconds": 1.0})
    checkpoint.save("outputs/model", build(model, 6, query_size, recipe, 10), config)


def _write_localizer(name: str, query_size: int) -> None:
    recipe = LOCALIZERS.read(name, RECIPES)["default"]
    sizes = {"video_size": 6, "query_size": query_size, "max_query_tokens": 10, "subtitle_size": 0}
    if trained.is_trained(name):
        recipe = recipe.model_copy(update={"hidden": 16, "inner": 16, "heads": 2, "clips": 8})
        torch.manual_seed(1)
        features = {"features": {"streams": ["resnet"], "normalize": "stream"}}
        config = {"localizer": name, "recipe": recipe.model_dump(), **sizes, **features}
        trained.save("outputs/localizer", trained.build(name, recipe, sizes), config)
    else:
        untrained.save("outputs/localizer", {"localizer": name, "recipe": recipe.model_dump()})
