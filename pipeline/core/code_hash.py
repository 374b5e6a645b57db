"""Hashes the project's own code, for what must not be shared with other code, or resumed by it.

Test: tests/core/test_code_hash.py.
"""

import sys
from collections.abc import Iterable
from importlib.util import find_spec

from pipeline.core.files import sha256_file


def imported_modules() -> list[str]:
    """Return the names of the modules of `pipeline` that this process has imported so far, sorted."""
    return sorted(name for name in sys.modules if name.startswith("pipeline."))


def code_of(modules: Iterable[str]) -> dict[str, str | None]:
    """Return, by name, the SHA-256 of each module's file on this machine's disk, None where there is none."""
    return {name: _hash_of(name) for name in modules}


def _hash_of(module: str) -> str | None:
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return None
    return sha256_file(spec.origin) if spec and spec.has_location and spec.origin else None
