"""Numbers produced by the authors' own code, where AMDNET_PARITY names a folder of them; else the test is skipped."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def parity_path(name: str = "") -> Path:
    """A file of the folder, or the folder."""
    folder = os.environ.get("AMDNET_PARITY")
    if not folder:
        pytest.skip("AMDNET_PARITY does not name the folder of the parity fixtures")
    return Path(folder) / name


def parity_arrays(name: str) -> dict[str, np.ndarray]:
    """The arrays of an .npz file of it."""
    with np.load(parity_path(name)) as file:
        return {key: file[key] for key in file.files}


def parity_json(name: str) -> Any:
    """What a .json file of it holds."""
    return json.loads(parity_path(name).read_text(encoding="utf-8"))
