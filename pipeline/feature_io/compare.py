"""Compares two feature files video by video: are features that were extracted again the published ones?

The rows that both files have of a video are compared by their cosine. `amdnet compare` prints the result.
Test: tests/tools/test_compare.py.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.core.hdf5 import check_size
from pipeline.feature_io.hdf5 import MOST_AT_ONCE


@dataclass(frozen=True)
class Comparison:
    """What the comparison of one id found.

    shapes and dtypes: as the two files store them, None where a file lacks the id; rows_more: how many rows file B has
    more than file A; mean_cosine and min_cosine: over the rows that both files have, None where there are none;
    not_finite: how many rows of A and of B hold NaN or infinity; verdict: `same`, or what is different.
    """

    id: str
    shapes: tuple[list[int] | None, list[int] | None]
    dtypes: tuple[str | None, str | None]
    rows_more: int | None = None
    mean_cosine: float | None = None
    min_cosine: float | None = None
    not_finite: tuple[int, int] = (0, 0)
    verdict: str = "same"


@dataclass(frozen=True)
class Summary:
    """Counts over all ids of two files, and cosines over all ids that have one.

    verdict: `same` where every id is the same, else `different`; two files without any id are `different`.
    """

    ids: int
    same: int
    different: int
    only_in_A: int
    only_in_B: int
    other_length: int
    not_finite: int
    mean_cosine: float | None
    min_cosine: float | None
    verdict: str


def compare_files(first: Path, second: Path, min_cosine: float, max_rows: int) -> Iterator[Comparison]:
    """Compare two HDF5 files id by id, in the order of ids.

    An id is the same in both where its two datasets are (T, D), or (1, T, D), of numbers that are all finite, D is
    equal, T differs by at most `max_rows`, and every row that both have has a cosine of at least `min_cosine`. Float
    types may differ. Raises PipelineError for a file that cannot be read.
    """
    with _opened(first) as a, _opened(second) as b:
        for id in sorted(_ids(a) | _ids(b)):
            yield _compare(id, _item(a, id), _item(b, id), min_cosine, max_rows)


def summarize(found: Sequence[Comparison]) -> Summary:
    """Sum up the comparisons of all ids."""
    means = [one.mean_cosine for one in found if one.mean_cosine is not None]
    same = sum(one.verdict == "same" for one in found)
    return Summary(
        ids=len(found),
        same=same,
        different=len(found) - same,
        only_in_A=sum(one.verdict == "not in B" for one in found),
        only_in_B=sum(one.verdict == "not in A" for one in found),
        other_length=sum(bool(one.rows_more) for one in found),
        not_finite=sum(any(one.not_finite) for one in found),
        mean_cosine=float(np.mean(means)) if means else None,
        min_cosine=min((one.min_cosine for one in found if one.min_cosine is not None), default=None),
        verdict="same" if found and same == len(found) else "different",
    )


@contextlib.contextmanager
def _reading(what: Path | str) -> Iterator[None]:
    """Turn what h5py raises for a missing or broken file into a PipelineError."""
    try:
        yield
    except PipelineError:
        raise
    except Exception as error:  # what a damaged file makes HDF5 raise has no end
        number = getattr(error, "errno", None)
        cause = os.strerror(number) if number else error
        raise PipelineError(f"cannot be read: {cause}", where=what, fix="name an HDF5 file, or copy it anew") from None


def _opened(path: Path) -> h5py.File:
    with _reading(path):
        return h5py.File(path)


def _ids(file: h5py.File) -> set[str]:
    with _reading(file.filename):
        return set(map(os.fsdecode, file))


def _item(file: h5py.File, id: str) -> object:
    with _reading(f"{file.filename}, {id}"):
        return file.get(id)


def _compare(id: str, first: object, second: object, min_cosine: float, max_rows: int) -> Comparison:
    """Compare what the two files hold under one id: datasets, None, or what is no dataset."""
    known = Comparison(id, (_shape(first), _shape(second)), (_dtype(first), _dtype(second)))
    for name, item in (("A", first), ("B", second)):
        if item is None:
            return replace(known, verdict=f"not in {name}")
        if not _is_matrix(item):
            return replace(known, verdict=f"no (T, D) numbers in {name}")
    a, b = _rows(first), _rows(second)
    known = replace(known, rows_more=len(b) - len(a), not_finite=(_not_finite(a), _not_finite(b)))
    if a.shape[1] != b.shape[1]:
        return replace(known, verdict=f"{a.shape[1]} and {b.shape[1]} features a row")
    if any(known.not_finite):
        return replace(known, verdict="values that are not finite")
    common = min(len(a), len(b))
    cosines = _cosines(a[:common], b[:common])
    if common:
        known = replace(known, mean_cosine=float(cosines.mean()), min_cosine=float(cosines.min()))
    if abs(len(b) - len(a)) > max_rows:
        return replace(known, verdict=f"{len(a)} and {len(b)} rows")
    if common and cosines.min() < min_cosine:
        return replace(known, verdict=f"row {cosines.argmin()} differs")
    return known


def _shape(item: object) -> list[int] | None:
    """Return the shape of a dataset; None for anything else, and for a dataset that HDF5 calls empty."""
    if not isinstance(item, h5py.Dataset):
        return None
    with _reading(_place(item)):
        return list(item.shape) if item.shape is not None else None


def _dtype(item: object) -> str | None:
    if not isinstance(item, h5py.Dataset):
        return None
    with _reading(_place(item)):
        return str(item.dtype)


def _is_matrix(item: object) -> bool:
    shape = _shape(item)
    return (
        isinstance(item, h5py.Dataset)
        and item.dtype.kind in "fiu"
        and shape is not None
        and (len(shape) == 2 or (len(shape) == 3 and shape[0] == 1))
    )


def _rows(item: h5py.Dataset) -> np.ndarray:
    """(T, D) or (1, T, D) -> (T, D) in float64."""
    with _reading(_place(item)):
        check_size(item, MOST_AT_ONCE)
        return item[()].reshape(item.shape[-2:]).astype(np.float64)


def _place(item: h5py.Dataset) -> str:
    return f"{item.file.filename}, {item.name.removeprefix('/')}"


def _not_finite(rows: np.ndarray) -> int:
    return int((~np.isfinite(rows)).any(axis=1).sum())


def _cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(T, D), (T, D) -> (T,); two rows of zeros have a cosine of 1, a row of zeros and any other row one of 0."""
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    both_zero = ~a.any(axis=1) & ~b.any(axis=1)
    return np.where(both_zero, 1.0, (a * b).sum(axis=1) / np.where(lengths > 0, lengths, 1.0))
