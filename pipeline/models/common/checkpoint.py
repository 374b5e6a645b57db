"""A trained model on disk: `model.safetensors` and the `config.json` that says how to build it.

Equal weights give equal bytes. Test: tests/models/test_checkpoint.py.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from pipeline.core.errors import MAKE_ANEW, PipelineError
from pipeline.core.files import atomic_path, read_json, write_json
from pipeline.models.common.interface import RetrievalModel
from pipeline.models.common.recipe_file import MODELS
from pipeline.models.common.registry import build

WEIGHTS, CONFIG = "model.safetensors", "config.json"


def save(folder: Path | str, model: RetrievalModel, config: dict[str, Any]) -> None:
    """Write the weights of a model and its configuration into `folder`.

    config: holds at least `model`, `video_size`, `query_size`, `subtitle_size`, `max_query_tokens` and `recipe`, as
    `load` reads them.
    """
    with atomic_path(Path(folder) / WEIGHTS) as temporary:
        save_file({name: tensor.cpu().contiguous() for name, tensor in model.state_dict().items()}, temporary)
    write_json(Path(folder) / CONFIG, config)


def load(folder: Path | str, device: torch.device | str = "cpu") -> tuple[RetrievalModel, dict[str, Any]]:
    """Build the model that `save` wrote, in evaluation mode; returns it and its configuration.

    Raises PipelineError where a file is missing, and where the weights do not fit the configuration.
    """
    config = read_json(Path(folder) / CONFIG)
    recipe = MODELS.schema(config["model"])(**config["recipe"])
    sizes = config["video_size"], config["query_size"]
    model = build(config["model"], *sizes, recipe, config["max_query_tokens"], config["subtitle_size"])
    path = Path(folder) / WEIGHTS
    try:
        model.load_state_dict(load_file(path))
    except FileNotFoundError:
        raise PipelineError("the file does not exist", where=path, fix=MAKE_ANEW) from None
    except (SafetensorError, RuntimeError) as error:
        raise PipelineError(f"not the weights of {CONFIG}: {error}", where=path, fix=MAKE_ANEW) from None
    return model.to(device).eval(), config


def check_trained_with(config: Mapping[str, Any], asked_for: Mapping[str, Any], folder: Path | str) -> None:
    """Raise PipelineError where the model in `folder` was trained with other parameters than those asked for."""
    for name, chosen in asked_for.items():
        if config[name] != chosen:
            raise PipelineError(
                f"the model was trained with `{name}: {config[name]}`, params.yaml says `{chosen}`",
                where=Path(folder) / CONFIG,
                fix="run `dvc repro`, which trains it anew",
            )
