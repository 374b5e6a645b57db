"""Ray for tests: workers find this project's code and the tests' helpers, whatever cluster the user has."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def ray_here() -> Iterator[ModuleType]:
    """The module; Ray is stopped in the end. Skips where the optional package is not installed."""
    module = pytest.importorskip("ray", reason="the optional package ray is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{ROOT / 'tests'}")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.delenv("RAY_ADDRESS", raising=False)
        yield module
        module.shutdown()
