"""What a killed training run leaves behind, so that the same run continues and ends as if it had not been killed.

The state lies in the store under the hash of everything the run depends on; a run of other inputs, parameters, code,
device, torch or other paths on the CPU never finds it. Test: tests/training/test_resume.py.
"""

import pickle
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from pipeline.core import runtime
from pipeline.core.code_hash import code_of, imported_modules
from pipeline.core.content_hash import content_sha256
from pipeline.core.files import atomic_path, canonical_json, sha256_file, sha256_text


def state_path(inputs: Iterable[Path | str], params: Any, device: torch.device) -> Path:
    """Where the state of a run is kept. params: anything JSON can hold."""
    key = {
        "inputs": [content_sha256(Path(path)) for path in inputs],
        "params": params,
        "code": code_of(imported_modules()),
        "stage": sha256_file(stage) if (stage := getattr(sys.modules["__main__"], "__file__", None)) else None,
        "device": device.type,
        "torch": torch.__version__,
        "fast_cpu": runtime.fast_cpu(),
    }
    return runtime.store_root() / "training" / f"{sha256_text(canonical_json(key))}.pt"


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write the state whole, replacing the previous epoch's."""
    with atomic_path(path) as temporary, open(temporary, "wb") as file:  # given a path, torch hides why a write failed
        torch.save(state, file)


def load_state(path: Path, device: torch.device) -> dict[str, Any] | None:
    """The state of a killed run; None where there is none that can be read, and training starts anew."""
    try:
        return torch.load(path, map_location=device, weights_only=True)
    except (FileNotFoundError, RuntimeError, EOFError, pickle.UnpicklingError):
        return None
