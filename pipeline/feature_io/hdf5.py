"""Feature files are HDF5 files with one dataset for each id at the root; equal content gives equal bytes.

In a file of video features the dataset `<video_id>` is (T, D) float16, and row i covers [i * clip_seconds, (i + 1) *
clip_seconds) seconds. In the file of query features the dataset `<query_id>` is (W, D) float16, with a row for each
token. Features that come from a feature pack keep its precision, float16 or float32. The file's attributes hold the
provenance, that is, how the features were made; a dataset's attributes say what it was made from.

The attribute `content_sha256` of a dataset is the hash of its rows, and `rows_sha256` of the file that of all these
hashes; the file's `content_sha256` is the hash of its other attributes, and so stands for all that is in the file. What
is read is compared with its hash, so that no bit that flipped on a disk goes into a model; files of earlier versions
have none. Texts among the file's attributes are of fixed length: HDF5 keeps others in a heap, and may loop for ever
where that is damaged.

The order of insertion and time stamps would change the bytes, so ids are sorted and times are not tracked. A process
that is killed leaves an HDF5 file unreadable, so a file is written under a temporary name.
Test: tests/feature_io/test_hdf5.py.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import h5py
import numpy as np

from pipeline.core.content_hash import content_sha256
from pipeline.core.errors import MAKE_ANEW, PipelineError
from pipeline.core.files import atomic_path, canonical_json
from pipeline.core.hdf5 import check_shape, check_size

HASH, HASH_OF_ROWS = "content_sha256", "rows_sha256"


@dataclass(frozen=True)
class Item:
    """One dataset that is to be written. rows: (T, D); attributes: what is known of it."""

    id: str
    rows: np.ndarray
    attributes: Mapping[str, Any]


def write_features(
    path: Path | str,
    items: Iterable[Item],
    provenance: Mapping[str, Any],
    attributes: Mapping[str, Any] | None = None,
    dtype: str = "float16",
) -> None:
    """Write a feature file from items that come sorted by id, and convert their rows to `dtype`.

    The provenance goes into the file's attributes: scalars and strings as they are, everything else as JSON, and all of
    it once more as one JSON attribute, which is called `recipe` in every feature file. `attributes` are further
    attributes of the file, which are not part of the provenance.

    Raises ValueError where ids are not sorted and unique, and where rows are not (T, D) finite numbers or do not fit
    `dtype`.
    """
    with atomic_path(path) as temporary, h5py.File(temporary, "w", libver=("earliest", "v110")) as file:
        of_file = _storable({**(attributes or {}), **provenance, "recipe": canonical_json(dict(provenance))})
        previous, of_rows = None, hashlib.sha256()
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
            digest = _hash(item.id, stored, {})
            _write_attributes(dataset.attrs, _storable(item.attributes), digest)
            of_rows.update(digest)  # which is that of the id, too
        of_file[HASH_OF_ROWS] = of_rows.hexdigest()
        fixed = {name: value.encode() if isinstance(value, str) else value for name, value in of_file.items()}
        _write_attributes(file.attrs, fixed, _hash("", None, of_file))


def _storable(attributes: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    return {
        name: value if isinstance(value, str | int | float | bool) else canonical_json(value)
        for name, value in attributes.items()
    }


def _write_attributes(target: h5py.AttributeManager, attributes: Mapping[str, Any], digest: bytes) -> None:
    """Write them sorted by name; `bytes` are texts of fixed length."""
    for name in sorted(attributes):
        value = attributes[name]
        target[name] = np.array(value, f"S{max(1, len(value))}") if isinstance(value, bytes) else value
    target[HASH] = np.void(digest)


def _hash(id: str, rows: np.ndarray | None, attributes: Mapping[str, Any]) -> bytes:
    """Hash the rows of an id, or the attributes of the file, as they are stored."""
    form = None if rows is None else [rows.dtype.str, list(rows.shape)]
    digest = hashlib.sha256(canonical_json([id, form, dict(attributes)]).encode())
    if rows is not None:
        digest.update(np.ascontiguousarray(rows).data)
    return digest.digest()


ROW_SIZE = "row_size"
"""The attribute of a file that says how many numbers a row has, or would have."""
MOST_AT_ONCE = 1 << 30  # bytes; the system reads at most two of it in one call


class Place(NamedTuple):
    """Where the rows of one id lie in a file.

    offset: in bytes; None where they do not lie in one piece. hash: what they must have; None where the file says none.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    offset: int | None
    hash: bytes | None


class UnknownId(KeyError):
    """The feature file has no such id."""


class Provenance(dict[str, Any]):
    """What a feature file says of itself, as it is stored, so what is no scalar or string is JSON."""

    def __init__(self, path: Path, attributes: Mapping[str, Any]):
        super().__init__(attributes)
        self._path = path

    def __missing__(self, name: str) -> NoReturn:
        raise _damaged(self._path, f"it lacks what it says of `{name}`")


def _damaged(path: Path, cause: object) -> PipelineError:
    return PipelineError(f"the feature file is damaged: {cause}", where=path, fix=MAKE_ANEW)


class FeatureFile:
    """A feature file opened for reading: `with FeatureFile(path) as features: features["video"]` -> (T, D).

    provenance: the file's attributes. Raises PipelineError for a missing or unreadable file and for an id whose rows
    are damaged, KeyError for an unknown id.
    """

    def __init__(self, path: Path | str):
        self.path = Path(path)
        try:
            self._file = h5py.File(self.path, "r")
        except FileNotFoundError:
            raise PipelineError("no such feature file", where=path, fix="run `dvc repro` to make it") from None
        except Exception as error:  # what a damaged file makes HDF5 raise has no end
            raise PipelineError(f"not a readable HDF5 file: {error}", where=path, fix=MAKE_ANEW) from None
        self._sha256: str | None = None
        with self._reading():
            self.provenance = Provenance(self.path, self._attributes())
        self._places: dict[str, Place] = {}
        self._bytes = open(self.path, "rb")
        self._size = os.fstat(self._bytes.fileno()).st_size

    def _attributes(self) -> dict[str, Any]:
        attributes = self._file.attrs
        texts = [h5py.check_string_dtype(attributes.get_id(name).dtype) for name in attributes]
        if any(text is not None and text.length is None for text in texts):
            raise ValueError("it has texts of any length among its attributes, as earlier versions wrote them")
        found = {name: attributes[name].item() for name in attributes}
        digest: bytes | None = found.pop(HASH, None)
        plain = {name: value.decode() if isinstance(value, bytes) else value for name, value in found.items()}
        if digest is not None and digest != _hash("", None, plain):
            raise ValueError("what it says of itself has changed")
        if digest is not None and plain.pop(HASH_OF_ROWS, None) is not None:
            self._sha256 = digest.hex()
        return plain

    @contextmanager
    def _reading(self, id: str | None = None) -> Iterator[None]:
        """Name the file, and the id, where it cannot be read as it was written."""
        try:
            yield
        except (PipelineError, UnknownId):
            raise
        except Exception as error:
            cause = error if id is None else f"the features of {id!r} cannot be read ({error})"
            raise _damaged(self.path, cause) from None

    def __enter__(self) -> "FeatureFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._bytes.close()
        self._file.close()

    def __contains__(self, id: str) -> bool:
        with self._reading(id):
            return id in self._file

    def __getitem__(self, id: str) -> np.ndarray:
        place = self._place(id)
        with self._reading(id):
            rows = np.empty(place.shape, place.dtype)
            if place.offset is None or rows.nbytes > MOST_AT_ONCE:
                h5py.h5d.open(self._file.id, id.encode()).read(h5py.h5s.ALL, h5py.h5s.ALL, rows)
            # What lies in one piece, as all that this project writes, is read without HDF5, which lets one thread in.
            elif os.preadv(self._bytes.fileno(), [rows.data], place.offset) != rows.nbytes:
                raise ValueError("the file ends before the rows do")
            if place.hash is not None and place.hash != _hash(id, rows, {}):
                raise ValueError("they are not what was written")
            return rows

    @property
    def sha256(self) -> str:
        """A hash that stands for all ids, rows and attributes of the file; of older files, that of their bytes."""
        return self._sha256 or content_sha256(self.path)

    def shape(self, id: str) -> tuple[int, ...]:
        """Return (T, D) of an id without reading its rows."""
        return self._place(id).shape

    @property
    def row_size(self) -> int | None:
        """Return D, of the first id; without any what the file says of it, None where it says nothing."""
        if ids := self.ids():
            return self.shape(ids[0])[1]
        return int(self.provenance[ROW_SIZE]) if ROW_SIZE in self.provenance else None

    def _place(self, id: str) -> Place:
        if id not in self._places:
            with self._reading(id):
                dataset = self._dataset(id)
                shape, dtype, offset = dataset.shape, dataset.dtype, dataset.get_offset()
                if len(shape) != 2 or dtype.kind != "f":
                    raise ValueError(f"{dtype} of shape {shape} are no rows")
                if offset is None:
                    check_size(h5py.Dataset(dataset), MOST_AT_ONCE)
                else:
                    check_shape(shape, dtype.itemsize, self._size)
                self._places[id] = Place(shape, dtype, offset, _hash_of(dataset))
        return self._places[id]

    def _dataset(self, id: str) -> h5py.h5d.DatasetID:
        """Open the dataset of an id with as few steps as HDF5 allows, since a file may have a hundred thousand."""
        try:
            return h5py.h5d.open(self._file.id, id.encode())
        except KeyError:
            if id in self.ids():
                raise ValueError("it is listed and not found") from None
            raise UnknownId(id) from None

    def ids(self) -> list[str]:
        """Return all ids, sorted."""
        with self._reading():
            return sorted(self._file)


def _hash_of(dataset: h5py.h5d.DatasetID) -> bytes | None:
    name = HASH.encode()
    if not h5py.h5a.exists(dataset, name):
        return None
    digest = np.empty((), "V32")
    h5py.h5a.open(dataset, name).read(digest)
    return digest.tobytes()


def has_random_weights(path: Path | str) -> bool:
    """Whether the model that made the features of the file was never trained, by what the file says of it."""
    with FeatureFile(path) as file:
        return str(file.provenance["weights"]).startswith("random")


def provenance_of(path: Path | str) -> dict[str, Any]:
    """Read the provenance of a file, as `write_features` was given it."""
    with FeatureFile(path) as file:
        return json.loads(file.provenance["recipe"])
