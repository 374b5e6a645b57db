"""What a feature file says of one dataset."""

from pathlib import Path
from typing import Any

import h5py

from pipeline.feature_io.hdf5 import HASH


def attributes_of(path: Path, id: str) -> dict[str, Any]:
    """The attributes of a dataset, but for the hash of its rows, read with h5py alone."""
    with h5py.File(path, "r") as file:
        return {name: value for name, value in file[id].attrs.items() if name != HASH}
