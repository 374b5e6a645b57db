"""Reads the rows of either layout of a pack by the ids of the captions.

Ids differ between releases: a video `v_<id>` is also looked for as `<id>` (ActivityNet), and a query `<video>#enc#<k>`
also as `<video>#<k>`. The exact id wins. Test: tests/packs/test_rows.py.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.core.ids import BadRecord
from pipeline.packs.binary import BinaryRows
from pipeline.packs.isolated import IsolatedRows

Rows = BinaryRows | IsolatedRows


def open_rows(path: Path) -> Rows:
    """Open a folder with feature.bin, or an HDF5 file; raises PipelineError where it is not in order as a whole."""
    return BinaryRows(path) if path.is_dir() else IsolatedRows(path)


def read_rows(source: Rows, id: str) -> tuple[np.ndarray, bool]:
    """Return (T, D) rows, and whether the pack has them under another name than `id`.

    The rows are float16 where the pack stores that, else float32. Raises BadRecord where the pack has no rows of this
    id, or values that are not finite.
    """
    key = next((key for key in _keys(id) if key in source), None)
    if key is None:
        raise BadRecord(f"{source.path.name} has no features of it")
    rows = source[key]
    with np.errstate(over="ignore"):
        rows = rows.astype(np.float16 if rows.dtype == np.float16 else np.float32)
    if not np.isfinite(rows).all():
        raise BadRecord(f"{source.path.name} has values of it that are not finite")
    return rows, key != id


def _keys(id: str) -> Iterator[str]:
    for known_as in (id, id.removeprefix("v_")) if id.startswith("v_") else (id,):
        yield known_as
        if "#enc#" in known_as:
            yield known_as.replace("#enc#", "#", 1)
