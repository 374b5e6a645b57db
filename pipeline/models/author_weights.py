"""Weights trained or drawn with the authors' code, loaded into our models by each model's `AUTHOR_NAMES`.

Test: tests/models/test_author_weights.py.
"""

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline.errors import PipelineError
from pipeline.models.interface import RetrievalModel


def read_author_weights(path: Path | str) -> dict[str, Tensor]:
    """The state dict of a .safetensors or torch file, at its top level or below a key such as `model` or `state_dict`.

    No code in the file is run. Raises PipelineError where the file needs that, or holds no state dict.
    """
    try:
        content = load_file(path) if Path(path).suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
    except FileNotFoundError:
        raise PipelineError("no such file", where=path) from None
    except pickle.UnpicklingError as error:
        raise PipelineError(
            f"it holds more than tensors, which could run any code: {str(error).splitlines()[0]}",
            where=path,
            fix="if you trust its origin, save its state dict alone with torch.save, and load that",
        ) from None
    state = _state_dict_in(content)
    if state is None:
        raise PipelineError("no state dict in it", where=path, fix="save a model's state_dict() with torch.save")
    return {name.removeprefix("module."): tensor for name, tensor in state.items()}


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


def author_name_of(model: RetrievalModel, parameter: str) -> str:
    """The authors' name of a parameter of ours."""
    module, _, leaf = parameter.rpartition(".")
    return f"{model.AUTHOR_NAMES[module]}.{leaf}"


def load_author_weights(model: RetrievalModel, state: Mapping[str, Tensor]) -> None:
    """Copy the authors' state dict into `model`; tensors the model has no place for are ignored.

    Of a position table with more rows than ours, the first are taken. Raises PipelineError naming what does not fit.
    """
    weights, problems = {}, []
    for name, ours in model.named_parameters():
        author_name = author_name_of(model, name)
        theirs = state.get(author_name)
        if theirs is not None and name.endswith("table.weight"):
            theirs = theirs[: len(ours)]
        if theirs is None:
            problems.append(f"{author_name} is missing")
        elif theirs.shape != ours.shape:
            problems.append(f"{author_name} is {tuple(theirs.shape)}, not {tuple(ours.shape)}")
        weights[name] = theirs
    if problems:
        raise PipelineError(f"not the weights of this {type(model).__name__}: " + "; ".join(problems))
    model.load_state_dict({**model.state_dict(), **weights})
