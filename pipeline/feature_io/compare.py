"""Two feature files, video by video: `python -m pipeline.feature_io.compare A.h5 B.h5`.

Says whether features that were extracted again are those that were published. Rows are compared by their cosine, over
the rows that both files have. Exit status: 0 the same within tolerance, 1 different, 2 unreadable.
Test: tests/feature_io/test_compare.py.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import h5py
import numpy as np

SAME, DIFFERENT, UNREADABLE = 0, 1, 2


@dataclass(frozen=True)
class Comparison:
    """One id. shapes and dtypes: as stored, None where a file lacks it; cosines: of the common rows, None without any.

    rows_more: rows of B less rows of A; not_finite: rows with NaN or infinity in A and in B; verdict: `same`, or what
    is different.
    """

    id: str
    shapes: tuple[list[int] | None, list[int] | None]
    dtypes: tuple[str | None, str | None]
    rows_more: int | None = None
    mean_cosine: float | None = None
    min_cosine: float | None = None
    not_finite: tuple[int, int] = (0, 0)
    verdict: str = "same"


def compare(first: h5py.File, second: h5py.File, min_cosine: float, max_rows: int) -> Iterator[Comparison]:
    """Compare two open files, in the order of ids.

    The same are two datasets (T, D), or (1, T, D), of numbers that are all finite, with equal D, at most `max_rows`
    rows apart, whose common rows all have a cosine of at least `min_cosine`. Float types may differ. Raises OSError
    where a dataset cannot be read.
    """
    for id in sorted(set(first) | set(second)):
        yield _compare(id, first.get(id), second.get(id), min_cosine, max_rows)


def _compare(id: str, first, second, min_cosine: float, max_rows: int) -> Comparison:
    pair = first, second
    known = {
        "id": id,
        "shapes": tuple(list(item.shape) if isinstance(item, h5py.Dataset) else None for item in pair),
        "dtypes": tuple(str(item.dtype) if isinstance(item, h5py.Dataset) else None for item in pair),
    }
    for name, item in zip("AB", pair, strict=True):
        if item is None:
            return Comparison(**known, verdict=f"not in {name}")
        if not isinstance(item, h5py.Dataset) or not _is_matrix(item):
            return Comparison(**known, verdict=f"no (T, D) numbers in {name}")
    a, b = (item[()].reshape(item.shape[-2:]).astype(np.float64) for item in pair)
    known["rows_more"] = len(b) - len(a)
    known["not_finite"] = tuple(int((~np.isfinite(rows)).any(axis=1).sum()) for rows in (a, b))
    if a.shape[1] != b.shape[1]:
        return Comparison(**known, verdict=f"{a.shape[1]} and {b.shape[1]} features a row")
    if any(known["not_finite"]):
        return Comparison(**known, verdict="values that are not finite")
    common = min(len(a), len(b))
    cosines = _cosines(a[:common], b[:common])
    if common:
        known |= {"mean_cosine": float(cosines.mean()), "min_cosine": float(cosines.min())}
    if abs(known["rows_more"]) > max_rows:
        return Comparison(**known, verdict=f"{len(a)} and {len(b)} rows")
    if common and cosines.min() < min_cosine:
        return Comparison(**known, verdict=f"row {cosines.argmin()} differs")
    return Comparison(**known)


def _is_matrix(item: h5py.Dataset) -> bool:
    return item.dtype.kind in "fiu" and (item.ndim == 2 or (item.ndim == 3 and item.shape[0] == 1))


def _cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(T, D), (T, D) -> (T,); two rows of zeros are equal, one is as far from any other row as can be."""
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    both_zero = ~a.any(axis=1) & ~b.any(axis=1)
    return np.where(both_zero, 1.0, (a * b).sum(axis=1) / np.where(lengths > 0, lengths, 1.0))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.feature_io.compare", description=__doc__.splitlines()[0])
    parser.add_argument("first", type=Path, metavar="A.h5")
    parser.add_argument("second", type=Path, metavar="B.h5")
    parser.add_argument("--cosine", type=float, default=0.999, help="smallest cosine of a row that counts as the same")
    parser.add_argument("--rows", type=int, default=0, help="rows by which a video's lengths may differ")
    parser.add_argument("--json", action="store_true", help="print JSON lines, the summary last")
    options = parser.parse_args(arguments)
    found: list[Comparison] = []
    path = options.first
    try:
        with h5py.File(options.first) as first:
            path = options.second
            with h5py.File(options.second) as second:
                path = f"{options.first} or {options.second}"
                for comparison in compare(first, second, options.cosine, options.rows):
                    print(json.dumps(asdict(comparison)) if options.json else _line(comparison))
                    found.append(comparison)
    except OSError as error:
        print(f"ERROR: {path}: not readable: {error}", file=sys.stderr)
        return UNREADABLE
    summary = _summary(found)
    print(json.dumps(summary) if options.json else _last_line(summary))
    return SAME if summary["verdict"] == "same" else DIFFERENT


def _line(one: Comparison) -> str:
    cosine = "" if one.mean_cosine is None else f"cosine mean {one.mean_cosine:.6f}, min {one.min_cosine:.6f}"
    stored = [
        "absent" if shape is None else f"{tuple(shape)} {dtype}"
        for shape, dtype in zip(one.shapes, one.dtypes, strict=True)
    ]
    rest = [f"not finite: {one.not_finite[0]} and {one.not_finite[1]} rows"] if any(one.not_finite) else []
    return "  ".join([one.id, stored[0], stored[1], *filter(None, [cosine]), *rest, one.verdict])


def _summary(found: list[Comparison]) -> dict:
    """Counts over all ids; files without a common video are not the same."""
    means = [one.mean_cosine for one in found if one.mean_cosine is not None]
    same = sum(one.verdict == "same" for one in found)
    return {
        "ids": len(found),
        "same": same,
        "different": len(found) - same,
        "only_in_A": sum(one.verdict == "not in B" for one in found),
        "only_in_B": sum(one.verdict == "not in A" for one in found),
        "other_length": sum(bool(one.rows_more) for one in found),
        "not_finite": sum(any(one.not_finite) for one in found),
        "mean_cosine": float(np.mean(means)) if means else None,
        "min_cosine": min((one.min_cosine for one in found if one.min_cosine is not None), default=None),
        "verdict": "same" if found and same == len(found) else "different",
    }


def _last_line(summary: dict) -> str:
    cosine = summary["mean_cosine"]
    compared = "" if cosine is None else f"; cosine mean {cosine:.6f}, min {summary['min_cosine']:.6f}"
    return (
        f"{summary['verdict']}: {summary['same']} of {summary['ids']} the same, {summary['only_in_A']} only in A, "
        f"{summary['only_in_B']} only in B, {summary['other_length']} of another length, "
        f"{summary['not_finite']} with values that are not finite{compared}"
    )


if __name__ == "__main__":
    sys.exit(main())
