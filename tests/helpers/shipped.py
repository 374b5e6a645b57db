"""The parameters as this project ships them, whatever the user has set in his own params.yaml.

Tests read these alone. Who adds a parameter adds it to both files; that each has all of them, tests/core/test_params.py
holds for this one, and the stage `scan` for the user's.
"""

from pathlib import Path
from typing import Any

import yaml

PARAMS = Path(__file__).with_name("shipped_params.yaml")


def shipped() -> dict[str, Any]:
    """Return a mapping of all parameters, to be changed at will."""
    document: dict[str, Any] = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    return document
