"""A trained model on disk: `model.safetensors` and the `config.json` that says how to build it.

Equal weights give equal bytes. Test: tests/models/test_checkpoint.py.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

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

    Raises PipelineError where a file is missing or damaged, and where the weights do not fit the configuration.
    """
    path = Path(folder) / CONFIG
    config = read_json(path)
    with described_by(path):
        recipe = MODELS.schema(config["model"])(**config["recipe"])
        sizes = config["video_size"], config["query_size"]
        model = build(config["model"], *sizes, recipe, config["max_query_tokens"], config["subtitle_size"])
    load_weights(Path(folder) / WEIGHTS, model)
    return model.to(device).eval(), config


@contextmanager
def described_by(config: Path) -> Iterator[None]:
    """Name the file where what it holds does not describe a network that can be built."""
    try:
        yield
    except PipelineError:
        raise
    except Exception as error:  # of whatever kind a key, a type or a size leads to
        cause = " ".join(f"it does not describe a model that this program knows: {error!r}".split())
        raise PipelineError(cause, where=config, fix=MAKE_ANEW) from None


def load_weights(path: Path, network: nn.Module) -> None:
    """Read the weights of a network; raises PipelineError where the file does not hold them, each a finite number."""
    expected = network.state_dict()
    try:
        given = load_file(path)
        for name, tensor in given.items():
            if name in expected and tensor.dtype != expected[name].dtype:
                raise ValueError(f"{name} is of another type of numbers")
            if not tensor.isfinite().all():
                raise ValueError(f"{name} has numbers that are not finite")
        network.load_state_dict(given)
    except FileNotFoundError:
        raise PipelineError("the file does not exist", where=path, fix=MAKE_ANEW) from None
    except (SafetensorError, RuntimeError, ValueError, OSError) as error:
        raise PipelineError(f"not the weights of {CONFIG}: {error}", where=path, fix=MAKE_ANEW) from None


def check_trained_with(config: Mapping[str, Any], asked_for: Mapping[str, Any], folder: Path | str) -> None:
    """Raise PipelineError where the model in `folder` was trained with other parameters than those asked for."""
    for name, chosen in asked_for.items():
        if config[name] != chosen:
            raise PipelineError(
                f"the model was trained with `{name}: {config[name]}`, params.yaml says `{chosen}`",
                where=Path(folder) / CONFIG,
                fix="run `dvc repro`, which trains it anew",
            )
