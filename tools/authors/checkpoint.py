"""Reads checkpoints of the authors' code, and puts their weights in the place of a trained model's.

Test: tests/tools/test_import_checkpoint.py.
"""

import pickle
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256_file
from pipeline.models.common import checkpoint
from tools.authors.modules import authors_of
from tools.authors.weights import load_author_weights


def read_author_weights(path: Path | str) -> dict[str, Tensor]:
    """Read the first state dict in a file; the prefix `module.` is removed from its names.

    Code in the file is not run. Raises PipelineError where the file holds code, cannot be read, or has no state dict.
    """
    try:
        content = load_file(path) if Path(path).suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
    except Exception as error:  # torch.load raises errors of any kind for a file that is broken
        raise _unreadable(path, error) from None
    state = _state_dict_in(content)
    if state is None:
        raise PipelineError("no state dict in it", where=path, fix="save a model's state_dict() with torch.save")
    return {name.removeprefix("module."): tensor for name, tensor in state.items()}


def replace_weights(path: Path | str, folder: Path | str) -> None:
    """Replace the weights of the trained model in `folder` by those of a checkpoint of the authors, the file `path`.

    The model's config.json then names the file and its hash. Raises PipelineError where the weights do not fit, where
    the model has no authors' code, and where it was trained on features that the authors' code does not use.
    """
    model, config = checkpoint.load(folder)
    authors = authors_of(config["model"])
    if authors is None:
        raise PipelineError(f"`model: {config['model']}` has no authors' code", where=folder, fix="train another model")
    if config["features"]["normalize"] == "standard":
        raise PipelineError(
            "the model is of features with deviation 1, the authors' models are of features with length 1",
            where=folder,
            fix="set `features.normalize: stream`, and train again (one epoch is enough)",
        )
    try:
        load_author_weights(model, authors.NAMES, read_author_weights(path))
    except PipelineError as error:
        fix = error.fix or "train with the recipe and the features of the checkpoint first (one epoch is enough)"
        raise PipelineError(error.cause, where=path, fix=fix) from None
    origin = {"file": Path(path).name, "sha256": sha256_file(path)}
    checkpoint.save(folder, model, {**config, "author_weights": origin})


def _unreadable(path: Path | str, error: Exception) -> PipelineError:
    """Make the error for a file that safetensors or torch cannot load."""
    code = re.search(r"Unsupported global: GLOBAL (\S+)", str(error))
    if code:
        return PipelineError(
            f"it holds more than tensors, {code[1]}, which could run any code",
            where=path,
            fix="if you trust its origin, save its state dict alone with torch.save, and load that",
        )
    if isinstance(error, pickle.UnpicklingError):
        cause = "it is no file of torch"
    else:
        cause = getattr(error, "strerror", None) or str(error).partition("\n")[0] or "it is empty"
    return PipelineError(f"cannot be read: {cause}", where=path, fix="name a checkpoint, or copy it anew")


def _state_dict_in(content: object) -> dict[str, Tensor] | None:
    """Find the first non-empty mapping of names to tensors, breadth first; None where there is none."""
    level = [content]
    while level:
        mappings = [item for item in level if isinstance(item, Mapping)]
        for mapping in mappings:
            if mapping and all(isinstance(value, Tensor) for value in mapping.values()):
                return dict(mapping)
        level = [value for mapping in mappings for value in mapping.values()]
    return None
