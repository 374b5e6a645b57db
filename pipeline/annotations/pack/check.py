"""Every row of a pack is read once and checked before anything is made of it; what is not good is refused by name.

Test: tests/packs/test_rows.py.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pipeline.annotations.common.records import Annotations
from pipeline.core.progress import watched
from pipeline.packs.rows import Rows, read_rows


@dataclass(frozen=True)
class Checked:
    """What is known of the good rows of one id; sha256: of shape and values; dtype: float16 or float32."""

    rows: int
    size: int
    dtype: str
    sha256: str


def check(
    annotations: Annotations, what: str, wanted: Iterable[tuple[str, str]], source: Rows
) -> tuple[dict[str, Checked], int]:
    """Read the rows of every wanted (id, where); what cannot be used is refused as a `what`.

    All rows must be of one size, the most frequent. Returns what is good, and how many stand under another name.
    """
    found, renamed = {}, set()
    places = dict(wanted)
    for id, where in watched(places.items(), source.path.name, "row"):
        with annotations.refusing(what, id, where):
            rows, other_name = read_rows(source, id)
            found[id] = Checked(len(rows), rows.shape[1], rows.dtype.name, _digest(rows))
            if other_name:
                renamed.add(id)
    sizes = Counter(one.size for one in found.values())
    size = min(sizes, key=lambda size: (-sizes[size], size), default=0)
    for id in [id for id, one in found.items() if one.size != size]:
        cause = f"{source.path.name} has rows of {found.pop(id).size} numbers of it, {size} of most others"
        annotations.refuse(what, id, places[id], cause)
    return found, len(renamed & set(found))


def _digest(rows: np.ndarray) -> str:
    digest = hashlib.sha256(f"{rows.dtype.name} {rows.shape} ".encode())
    digest.update(np.ascontiguousarray(rows).data)
    return digest.hexdigest()
