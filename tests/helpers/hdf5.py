"""What a feature file says of one dataset."""

from pathlib import Path
from typing import Any

import h5py


def attributes_of(path: Path, id: str) -> dict[str, Any]:
    """The attributes of a dataset, read with h5py alone."""
    with h5py.File(path, "r") as file:
        return dict(file[id].attrs)
