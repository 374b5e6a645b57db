"""A folder of arrays, one .npy file each: written piece by piece, opened as tensors that lie in the page cache.

No array is in memory as a whole. Opening maps the files without reading them: the system reads the pages that are used,
and drops them again where memory is short. The tensors are read-only; writing to one ends the process.
Test: tests/corpus/test_arrays.py.
"""

import hashlib
import os
import warnings
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, write_json

SUMMARY = "arrays.json"
HASHED_BYTES = 1 << 20  # of the head of each file: its header, and all of a small array


class ArrayWriter:
    """Creates the file of one array, all zeros, and writes values into it; several threads may write at once.

    path: the .npy file; its name without .npy is the name of the array. Zeros that nobody writes take no room on the
    disk.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: np.dtype | type):
        self._shape, self._dtype = shape, np.dtype(dtype)
        self._file = open(path, "wb")
        header = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, header)
        self._file.flush()
        self._begin = self._file.tell()
        self._file.truncate(self._begin + int(np.prod(shape)) * self._dtype.itemsize)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, first: tuple[int, ...], values: Tensor) -> None:
        """Write values that lie one after another in the array, the first of them at the index `first`.

        Raises ValueError where their dtype, or the shape of a row of them, is not that of the array.
        """
        array = values.contiguous().numpy()
        if array.dtype != self._dtype or array.shape[1:] != self._shape[len(self._shape) - array.ndim + 1 :]:
            raise ValueError(f"{array.dtype} {array.shape} does not fit into {self._dtype} {self._shape}")
        strides = np.cumprod([1, *self._shape[:0:-1]])[::-1]
        offset = self._begin + self._dtype.itemsize * int(np.dot(first, strides[: len(first)]))
        left = array.reshape(-1).view(np.uint8).data
        while left:
            written = os.pwrite(self._file.fileno(), left, offset)
            left, offset = left[written:], offset + written


def finish(folder: Path) -> None:
    """Mark a folder as complete: write down the size of every array's file and the hash of its first bytes."""
    write_json(folder / SUMMARY, _heads(folder))


def open_arrays(folder: Path) -> dict[str, Tensor] | None:
    """Open the tensors of a finished folder, by the names of their files; None where it is missing or damaged.

    Damage is found by the sizes and the first bytes of the files, which `finish` wrote down. Reading everything would
    take as long as making it anew.
    """
    try:
        if read_json(folder / SUMMARY) != _heads(folder):
            return None
        return {path.stem: _mapped(path) for path in sorted(folder.glob("*.npy"))}
    except (PipelineError, OSError, ValueError):
        return None


def _heads(folder: Path) -> dict[str, list[Any]]:
    """Map the name of each array's file to its size and the hash of its first bytes."""
    heads = {}
    for path in sorted(folder.glob("*.npy")):
        with open(path, "rb") as file:
            heads[path.name] = [path.stat().st_size, hashlib.sha256(file.read(HASHED_BYTES)).hexdigest()]
    return heads


def _mapped(path: Path) -> Tensor:
    with warnings.catch_warnings():
        # torch has no read-only tensors, and says so once.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable", UserWarning)
        return torch.from_numpy(np.load(path, mmap_mode="r"))
