"""Reads the rows of an HDF5 file of a pack: one dataset for each id at the root, in shapes that differ between packs.

Packs come from strangers, so links and data stored outside the file are refused: they would read other files. What is
large is refused before it is read, and the kernel bounds what reading takes in any case, as unpacking may.
Test: tests/packs/test_arrays.py.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import h5py
import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.hdf5 import check_size
from pipeline.core.ids import BadRecord
from pipeline.core.memory import growth_limited
from pipeline.packs.binary import MOST_BYTES

FIX = "fetch it again: it is incomplete, damaged, or not HDF5"
_WORKING_BYTES = 4 * MOST_BYTES
"""What reading may take: the rows, a chunk of them packed and unpacked, and HDF5's own tables."""


class ArrayRows:
    """Gives the rows of an id; a context manager. files: the files that are read; facts: counts for prepare.json."""

    def __init__(self, path: Path):
        """Raises PipelineError where the file cannot be opened as HDF5."""
        self.path, self.files = path, [path]
        with self._whole():
            self._file = h5py.File(path, "r")
            self.facts = {"ids_in_file": len(self._file)}

    @contextmanager
    def _whole(self) -> Iterator[None]:
        try:
            with growth_limited(_WORKING_BYTES):
                yield
        except Exception as error:  # what a damaged file makes HDF5 raise has no end
            raise PipelineError(f"not a readable HDF5 file: {error}", where=self.path, fix=FIX) from None

    @contextmanager
    def _one(self) -> Iterator[None]:
        try:
            with growth_limited(_WORKING_BYTES):
                yield
        except BadRecord:
            raise
        except MemoryError:
            raise BadRecord("reading it takes more memory than it may take") from None
        except Exception as error:
            raise BadRecord(f"cannot be read: {error}") from None

    def __enter__(self) -> "ArrayRows":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __contains__(self, id: str) -> bool:
        return bool(self._names(id))

    @cached_property
    def _decomposed(self) -> dict[str, str]:
        """The names in which accents are characters of their own, by the id that each of them stands for."""
        with self._whole():
            names = [name for name in self._file if not name.isascii()]
        normalized = ((unicodedata.normalize("NFC", name), name) for name in names)
        return {id: name for id, name in normalized if id != name}

    def _names(self, id: str) -> list[str]:
        """Return what the rows of this id are called in the file; more than one name where Unicode can write the id in
        two ways.
        """
        other = None if id.isascii() else self._decomposed.get(id)
        with self._one():
            return [name for name in (id if id in self._file else None, other) if name]

    def __getitem__(self, id: str) -> np.ndarray:
        """Return (T, D) rows, T >= 1, of the file's own type; the file stores them as (T, D), (1, T, D) or (D,).

        Raises BadRecord where the file has no such rows of numbers, or has them in another file.
        """
        name, *more = self._names(id) or [id]
        if more:
            raise BadRecord("two data sets are called so; their names differ in how Unicode writes an accent only")
        with self._one():
            if not isinstance(self._file.get(name, getlink=True), h5py.HardLink):
                raise BadRecord("a link instead of a data set")
            data = self._file[name]
            if not isinstance(data, h5py.Dataset) or data.dtype.kind not in "fiu" or data.shape is None:
                raise BadRecord("not a data set of numbers")
            if data.is_virtual or data.external:
                raise BadRecord("its values lie in another file")
            shape = data.shape[1:] if data.ndim == 3 and data.shape[0] == 1 else data.shape
            shape = (1, *shape) if len(shape) == 1 else shape
            if len(shape) != 2 or 0 in shape:
                raise BadRecord(f"no rows: its shape is {data.shape}")
            check_size(data, MOST_BYTES)
            return data[()].reshape(shape)
