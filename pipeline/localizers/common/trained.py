"""A trained localizer on disk: `model.safetensors`, and the `config.json` that says how to build it.

A localizer that is trained has its network in network.py of its folder. Equal weights give equal bytes.
Test: tests/localizers/test_trained.py.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_path, read_json, write_json
from pipeline.core.plugins import names, only_class
from pipeline.localizers.common.interface import TrainedLocalizer
from pipeline.localizers.common.recipe import LOCALIZERS, LocalizerRecipe
from pipeline.localizers.common.untrained import CONFIG, WEIGHTS
from pipeline.models.common.checkpoint import described_by, load_weights

SIZES = ("video_size", "query_size", "max_query_tokens", "subtitle_size")


def is_trained(name: str) -> bool:
    """Return whether the localizer is one that is trained."""
    return name in names("localizers", "network")


def build(name: str, recipe: LocalizerRecipe, sizes: dict[str, int]) -> TrainedLocalizer:
    """Build the network in pipeline/localizers/`name`/network.py, with torch's own initial weights.

    sizes: `video_size`, `query_size` and `subtitle_size`, D_v, D_q and D_s, the sizes of the features, D_s = 0 for a
    corpus without subtitles; and `max_query_tokens`, the most tokens a query can have.
    """
    network_class: Callable[..., TrainedLocalizer] = only_class(
        import_module(f"pipeline.localizers.{name}.network"), TrainedLocalizer
    )
    return network_class(recipe=recipe, **{size: sizes[size] for size in SIZES})


def save(folder: Path | str, network: TrainedLocalizer, config: dict[str, Any]) -> None:
    """Write the weights of a network, and its configuration, into `folder`.

    config: holds at least `localizer`, `recipe`, and what `build` takes as sizes.
    """
    weights = network.state_dict()
    with atomic_path(Path(folder) / WEIGHTS) as temporary:
        save_file({name: tensor.cpu().contiguous() for name, tensor in weights.items()}, temporary)
    write_json(Path(folder) / CONFIG, config)


def load(folder: Path | str, device: torch.device | str = "cpu") -> tuple[TrainedLocalizer, dict[str, Any]]:
    """Build the network that `save` wrote, in evaluation mode; returns it and its configuration.

    Raises PipelineError where a file is missing or damaged, and where the weights do not fit the configuration.
    """
    path = Path(folder) / CONFIG
    config = read_json(path)
    with described_by(path):
        network = build(config["localizer"], recipe_of(config), config)
    load_weights(Path(folder) / WEIGHTS, network)
    return network.to(device).eval(), config


def other_videos(where: Path | str, of_split: str = "") -> PipelineError:
    """Return the error that a localizer reads other videos or queries than its retriever; of_split: of which split."""
    return PipelineError(
        f"the retriever and the localizer do not read the same videos{of_split}",
        where=where,
        fix="let features.streams name streams that all videos have, and run `dvc repro`",
    )


def recipe_of(config: dict[str, Any]) -> LocalizerRecipe:
    """Read the recipe from a configuration that `save` wrote."""
    return LOCALIZERS.schema(config["localizer"])(**config["recipe"])
