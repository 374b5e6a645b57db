"""Keeps the state of training after each epoch, so that training that was killed continues where it was.

It ends as if it had not been killed. The state is in the store, under the hash of everything that training depends on.
So training with other inputs, parameters, code, device, version of torch or setting of AMDNET_FAST_CPU never finds it.
A state ends with the hash of its name and its content; one that has another hash is not read, and training starts anew.
Test: tests/training/test_resume.py.
"""

import hashlib
import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from pipeline.core import runtime
from pipeline.core.code_hash import code_of, imported_modules
from pipeline.core.content_hash import content_sha256
from pipeline.core.files import atomic_path, canonical_json, open_regular, remove, sha256_file, sha256_text
from pipeline.core.recorded import HASHED_BY_ITSELF
from pipeline.feature_io.hdf5 import FeatureFile


def state_path(inputs: Iterable[Path | str], params: Any, device: torch.device) -> Path:
    """Determine the file for the state of training.

    inputs: the files that training reads; params: all other values that it depends on, anything that JSON can hold.
    """
    key = {
        "inputs": [_sha256_of(Path(path)) for path in inputs],
        "params": params,
        "code": code_of(imported_modules()),
        "stage": sha256_file(stage) if (stage := getattr(sys.modules["__main__"], "__file__", None)) else None,
        "device": device.type,
        "torch": torch.__version__,
        "fast_cpu": runtime.fast_cpu(),
    }
    return runtime.store_root() / "training" / f"{sha256_text(canonical_json(key))}.pt"


def _sha256_of(path: Path) -> str:
    if path.suffix != HASHED_BY_ITSELF:
        return content_sha256(path)
    with FeatureFile(path) as file:
        return file.sha256


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write the state, in place of that of the epoch before; the file is never half written."""
    with atomic_path(path) as temporary:
        with open(temporary, "wb") as file:  # given a path, torch hides why a write failed
            torch.save(state, file)
        with open(temporary, "rb+") as file:
            digest = hashlib.file_digest(file, lambda: _hash_of_name(path)).digest()
            file.write(digest)


def load_state(path: Path) -> dict[str, Any] | None:
    """Read the state of training that was killed, all its tensors on the CPU; None where there is none.

    One that is not as it was written, or was written under another name, is removed, and this is said.
    """
    try:
        with open_regular(path) as file:
            content = memoryview(file.read())
    except FileNotFoundError:
        if not path.is_symlink():
            return None
        content = memoryview(b"")
    except OSError:
        content = memoryview(b"")
    digest = _hash_of_name(path)
    state, ending = content[: -digest.digest_size], content[-digest.digest_size :]
    digest.update(state)
    if ending == digest.digest():
        return torch.load(io.BytesIO(state), map_location="cpu", weights_only=True)
    print(f"{path}: the state of an earlier training is damaged, so training starts anew", file=sys.stderr)
    remove(path)
    return None


def _hash_of_name(path: Path):
    return hashlib.sha256(path.name.encode())
