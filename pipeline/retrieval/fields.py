"""Writes a NamedTuple of tensors into a safetensors file under names of its own, and puts it together again.

Test: tests/retrieval/test_fields.py.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from torch import Tensor

from pipeline.core.errors import PipelineError

Fields = TypeVar("Fields", bound=NamedTuple)


def named(fields: NamedTuple, prefix: str) -> dict[str, Tensor]:
    """Name the tensors after the fields, each with `prefix` before it."""
    return {prefix + name: tensor for name, tensor in fields._asdict().items()}


def restored(tensors: Mapping[str, Tensor], prefix: str, example: Fields, count: int, where: Path, fix: str) -> Fields:
    """Put the tensors of `count` videos together as a NamedTuple like `example`, which is of one video.

    Raises PipelineError, of the file `where`, for tensors of other names, types or shapes than the example's.
    """
    found = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    expected = {name: (one.dtype, (count, *one.shape[1:])) for name, one in example._asdict().items()}
    if {name: (tensor.dtype, tuple(tensor.shape)) for name, tensor in found.items()} != expected:
        raise PipelineError("its vectors are not what this version of the model makes", where=where, fix=fix)
    return example._replace(**found)
