"""HDF5 files as packs have them."""

from pathlib import Path

import h5py
import numpy as np


def write_hdf5(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return path
