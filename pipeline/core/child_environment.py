"""What a Python process needs to import what this one imports. Test: tests/core/test_child_environment.py."""

import os
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def child_environment() -> dict[str, str]:
    """Return this process's environment with a PYTHONPATH of this project's folder and of all that it imports from."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, sys.path)])}
