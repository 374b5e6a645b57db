"""Put weights trained with the authors' code in the place of ours.

Usage: `python -m pipeline.models.common.author_checkpoint FILE`.

FILE is a .safetensors or torch file, at its top level or below a key such as `model` or `state_dict` a state dict. The
model that is in outputs/model says which one it is, of which sizes and of which features; only its weights change.
`dvc commit --force train` and `dvc repro` evaluate it then. Test: tests/models/test_author_checkpoint.py.
"""

import argparse
import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from pipeline.core.cli import run
from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256_file
from pipeline.models.common import checkpoint
from pipeline.models.common.author_weights import load_author_weights

MODEL = Path("outputs/model")


def read_author_weights(path: Path | str) -> dict[str, Tensor]:
    """The first state dict in the file, its names without `module.`.

    No code in the file is run. Raises PipelineError where the file needs that, cannot be read, or holds no state dict.
    """
    try:
        content = load_file(path) if Path(path).suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise PipelineError(
            f"it holds more than tensors, which could run any code: {str(error).splitlines()[0]}",
            where=path,
            fix="if you trust its origin, save its state dict alone with torch.save, and load that",
        ) from None
    except (OSError, RuntimeError, EOFError, SafetensorError) as error:
        cause = getattr(error, "strerror", None) or str(error).partition("\n")[0] or "it is empty"
        raise PipelineError(f"cannot be read: {cause}", where=path, fix="name a checkpoint, or copy it anew") from None
    state = _state_dict_in(content)
    if state is None:
        raise PipelineError("no state dict in it", where=path, fix="save a model's state_dict() with torch.save")
    return {name.removeprefix("module."): tensor for name, tensor in state.items()}


def replace_weights(path: Path | str, folder: Path | str) -> None:
    """Replace the weights of the model in `folder` by those of the authors' checkpoint; config.json names the file.

    Raises PipelineError where they do not fit, and for a model of features that the authors' code does not make.
    """
    model, config = checkpoint.load(folder)
    if not hasattr(model, "AUTHOR_NAMES"):
        raise PipelineError(f"`model: {config['model']}` has no authors' code", where=folder, fix="train another model")
    if config["features"]["normalize"] == "standard":
        raise PipelineError(
            "the model is of features with deviation 1, the authors' models are of features with length 1",
            where=folder,
            fix="set `features.normalize: stream`, and train again (one epoch is enough)",
        )
    try:
        load_author_weights(model, read_author_weights(path))
    except PipelineError as error:
        fix = error.fix or "train with the recipe and the features of the checkpoint first (one epoch is enough)"
        raise PipelineError(error.cause, where=path, fix=fix) from None
    origin = {"file": Path(path).name, "sha256": sha256_file(path)}
    checkpoint.save(folder, model, {**config, "author_weights": origin})


def _state_dict_in(content: object) -> dict[str, Tensor] | None:
    """The first non-empty mapping of names to tensors, searched breadth first."""
    level = [content]
    while level:
        mappings = [item for item in level if isinstance(item, Mapping)]
        for mapping in mappings:
            if mapping and all(isinstance(value, Tensor) for value in mapping.values()):
                return dict(mapping)
        level = [value for mapping in mappings for value in mapping.values()]
    return None


def main() -> None:
    """The command; see the top of the file."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.models.common.author_checkpoint", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="weights trained with the authors' code")
    path = parser.parse_args().checkpoint
    replace_weights(path, MODEL)
    print(f"{MODEL} has the weights of {path} now. To evaluate them: dvc commit --force train && dvc repro")


if __name__ == "__main__":
    run(main)
