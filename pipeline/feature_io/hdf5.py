"""Feature files: one root-level dataset an id, the recipe in the file's attributes, equal content in equal bytes.

Layout: dataset `<video_id>` (T, D) float16, row i covers [i * clip_seconds, (i + 1) * clip_seconds) seconds; text files
are keyed by query id, (W, D) float16; what comes from a feature pack keeps its precision, float16 or float32. File
attributes hold the recipe as JSON; a dataset's attributes say where it came from. Insertion order and time stamps
change HDF5 bytes, so ids are sorted and times are not tracked; a file that is killed while open is unreadable, so it is
written under a temporary name. Test: tests/feature_io/test_hdf5.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_path, canonical_json


@dataclass(frozen=True)
class Packed:
    """One dataset to be: its id, its rows, and what is known of it."""

    id: str
    rows: np.ndarray
    attributes: Mapping[str, Any]


def pack(
    path: Path | str,
    items: Iterable[Packed],
    recipe: Mapping[str, Any],
    attributes: Mapping[str, Any] | None = None,
    dtype: str = "float16",
) -> None:
    """Write a feature file from items sorted by id (raises ValueError where they are not); values become `dtype`.

    `recipe` goes into the file's attributes: scalars and strings as they are, everything else as JSON, and all of it
    once more as the JSON attribute `recipe`. `attributes` are further file attributes, outside the recipe.
    """
    with atomic_path(path) as temporary, h5py.File(temporary, "w", libver=("earliest", "v110")) as file:
        _write_attributes(file.attrs, {**(attributes or {}), **recipe, "recipe": canonical_json(dict(recipe))})
        previous = None
        for item in items:
            if previous is not None and item.id <= previous:
                raise ValueError(f"items must be sorted by id and unique: {item.id!r} after {previous!r}")
            previous = item.id
            rows = np.asarray(item.rows)
            if rows.ndim != 2 or not np.isfinite(rows).all():
                raise ValueError(f"{item.id}: rows must be finite and two-dimensional, not of shape {rows.shape}")
            stored = rows.astype(dtype, copy=False)
            if not np.isfinite(stored).all():
                raise ValueError(f"{item.id}: a feature of size {np.abs(rows).max():.3g} does not fit {dtype}")
            dataset = file.create_dataset(item.id, data=stored, track_times=False)
            _write_attributes(dataset.attrs, item.attributes)


def _write_attributes(target: h5py.AttributeManager, attributes: Mapping[str, Any]) -> None:
    for name in sorted(attributes):
        value = attributes[name]
        target[name] = value if isinstance(value, str | int | float | bool) else canonical_json(value)


class FeatureFile:
    """A feature file opened for reading: `with FeatureFile(path) as features: features["video"]` -> (T, D) float16.

    Raises PipelineError for a missing or unreadable file, KeyError for an unknown id.
    """

    def __init__(self, path: Path | str):
        self.path = Path(path)
        try:
            self._file = h5py.File(self.path, "r")
        except FileNotFoundError:
            raise PipelineError("no such feature file", where=path, fix="run `dvc repro` to make it") from None
        except OSError as error:
            fix = "remove it and run `dvc repro`"
            raise PipelineError(f"not a readable HDF5 file: {error}", where=path, fix=fix) from None
        self.recipe: dict[str, Any] = dict(self._file.attrs)

    def __enter__(self) -> "FeatureFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __contains__(self, id: str) -> bool:
        return id in self._file

    def __getitem__(self, id: str) -> np.ndarray:
        # h5py's low-level calls: its other ones take three times as long, which a hundred thousand queries feel.
        dataset = h5py.h5d.open(self._file.id, id.encode())
        rows = np.empty(dataset.shape, dataset.dtype)
        dataset.read(h5py.h5s.ALL, h5py.h5s.ALL, rows)
        return rows

    def shape(self, id: str) -> tuple[int, ...]:
        """(T, D) of the rows of an id; none of them is read."""
        return h5py.h5d.open(self._file.id, id.encode()).shape

    def ids(self) -> list[str]:
        """All ids, sorted."""
        return sorted(self._file)
