"""The content-addressed store: what was computed once from one content with one provenance is not computed again.

The key of an entry is the SHA-256 of the content's hash and of the provenance. Entries are safetensors files. Each is
written under a temporary name, fsynced and renamed, so a killed run loses only what was in flight, and several runs may
share one store. An entry counts as absent and is computed again if it cannot be read back, or if its arrays no longer
hash to what was written (a disk fault). Test: tests/feature_io/test_store.py.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import safe_open, save_file

from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_path, canonical_json, sha256_text


@dataclass(frozen=True)
class Entry:
    """The result of one extraction: named arrays, and attributes that JSON can hold."""

    arrays: Mapping[str, np.ndarray]
    attributes: Mapping[str, Any]


def entry_key(content_sha256: str, provenance: Mapping[str, Any]) -> str:
    """Return the key of an entry: the hash of what it is computed from and of everything that decides how."""
    # the name "recipe" is part of every key: with another one, no store that users have would be found again
    return sha256_text(canonical_json({"content": content_sha256, "recipe": provenance}))


class Store:
    """Holds the entries of one stream (`slowfast`, `resnet`, `query`, `subtitle`) below one folder."""

    def __init__(self, root: Path, stream: str):
        self.folder = Path(root) / stream

    def path(self, key: str) -> Path:
        """Return where the entry of `key` lies, whether or not it exists."""
        return self.folder / key[:2] / f"{key}.safetensors"

    def get(self, key: str) -> Entry | None:
        """Return the entry, or None where there is none that can be read."""
        path = self.path(key)
        try:
            with safe_open(path, framework="numpy") as file:
                metadata = file.metadata()
                arrays = {name: file.get_tensor(name) for name in file.keys()}
            return Entry(arrays, json.loads(metadata["attributes"])) if _digest(arrays) == metadata["arrays"] else None
        except (FileNotFoundError, SafetensorError, KeyError, TypeError, json.JSONDecodeError):
            return None

    def attributes(self, key: str) -> dict[str, Any] | None:
        """Return the attributes of an entry, or None where there is no file of the length that its header declares.

        Only the header is read, because a run looks at every entry when it plans its work and must not read terabytes
        of arrays twice. The arrays of an entry that has attributes may still be damaged, which `get` finds out.
        """
        try:
            with safe_open(self.path(key), framework="numpy") as file:
                return json.loads(file.metadata()["attributes"])
        except (FileNotFoundError, SafetensorError, KeyError, TypeError, json.JSONDecodeError):
            return None

    def put(self, key: str, entry: Entry) -> None:
        """Write the entry whole, in place of one with the same key; raises PipelineError where the disk does not allow
        it.
        """
        arrays = {name: np.ascontiguousarray(array) for name, array in entry.arrays.items()}
        with self._writing(), atomic_path(self.path(key)) as temporary:
            metadata = {"attributes": canonical_json(dict(entry.attributes)), "arrays": _digest(arrays)}
            save_file(arrays, temporary, metadata=metadata)

    def check_writable(self) -> None:
        """Raise PipelineError where no entry can be written, so that a run fails before hours of work and not after
        them.
        """
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=self.folder).close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, SafetensorError) as error:
            raise PipelineError(
                f"the store cannot be written to: {getattr(error, 'strerror', None) or error}",
                where=self.folder,
                fix="make room and give write access to it, or let AMDNET_STORE name another folder",
            ) from None


def _digest(arrays: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}\n".encode())
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()
