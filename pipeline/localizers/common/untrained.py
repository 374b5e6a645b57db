"""A localizer on disk that needs no training: its `config.json`, and a `model.safetensors` without any weights.

What is here does not load torch. Test: tests/localizers/test_trained.py.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import serialize_file

from pipeline.core.files import atomic_path, write_json

WEIGHTS, CONFIG = "model.safetensors", "config.json"


def save(folder: Path | str, config: Mapping[str, Any]) -> None:
    """Write the files of a localizer into `folder`; config: holds at least `localizer` and `recipe`."""
    with atomic_path(Path(folder) / WEIGHTS) as temporary:
        serialize_file({}, temporary)
    write_json(Path(folder) / CONFIG, config)
