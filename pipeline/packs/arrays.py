"""Reads the rows of an HDF5 file of a pack: one dataset for each id at the root, in shapes that differ between packs.

Packs come from strangers, so links and data stored outside the file are refused: they would read other files.
Test: tests/packs/test_arrays.py.
"""

import unicodedata
from functools import cached_property
from pathlib import Path

import h5py
import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord
from pipeline.packs.binary import MOST_BYTES


class ArrayRows:
    """Gives the rows of an id; a context manager. files: the files that are read; facts: counts for prepare.json."""

    def __init__(self, path: Path):
        """Raises PipelineError where the file cannot be opened as HDF5."""
        self.path, self.files = path, [path]
        try:
            self._file = h5py.File(path, "r")
        except OSError as error:
            fix = "fetch it again: it is incomplete, or not HDF5"
            raise PipelineError(f"not a readable HDF5 file: {error}", where=path, fix=fix) from None
        self.facts = {"ids_in_file": len(self._file)}

    def __enter__(self) -> "ArrayRows":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __contains__(self, id: str) -> bool:
        return bool(self._names(id))

    @cached_property
    def _decomposed(self) -> dict[str, str]:
        """The names in which accents are characters of their own, by the id that each of them stands for."""
        names = ((unicodedata.normalize("NFC", name), name) for name in self._file if not name.isascii())
        return {id: name for id, name in names if id != name}

    def _names(self, id: str) -> list[str]:
        """Return what the rows of this id are called in the file; more than one name where Unicode can write the id in
        two ways.
        """
        other = None if id.isascii() else self._decomposed.get(id)
        return [name for name in (id if id in self._file else None, other) if name]

    def __getitem__(self, id: str) -> np.ndarray:
        """Return (T, D) rows, T >= 1, of the file's own type; the file stores them as (T, D), (1, T, D) or (D,).

        Raises BadRecord where the file has no such rows of numbers, or has them in another file.
        """
        name, *more = self._names(id) or [id]
        if more:
            raise BadRecord("two data sets are called so; their names differ in how Unicode writes an accent only")
        if not isinstance(self._file.get(name, getlink=True), h5py.HardLink):
            raise BadRecord("a link instead of a data set")
        try:
            data = self._file[name]
            if not isinstance(data, h5py.Dataset) or data.dtype.kind not in "fiu" or data.shape is None:
                raise BadRecord("not a data set of numbers")
            if data.is_virtual or data.external:
                raise BadRecord("its values lie in another file")
            shape = data.shape[1:] if data.ndim == 3 and data.shape[0] == 1 else data.shape
            shape = (1, *shape) if len(shape) == 1 else shape
            if len(shape) != 2 or 0 in shape:
                raise BadRecord(f"no rows: its shape is {data.shape}")
            if data.nbytes > MOST_BYTES:
                raise BadRecord(f"shape {data.shape} is more than the {MOST_BYTES:,} bytes it may have")
            return data[()].reshape(shape)
        except (OSError, RuntimeError) as error:
            raise BadRecord(f"cannot be read: {error}") from None
