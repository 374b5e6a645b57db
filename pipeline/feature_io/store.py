"""The content-addressed store: what was computed once from one content with one provenance is not computed again.

The key of an entry is the SHA-256 of the content's hash and of the provenance. Entries are safetensors files. Each is
written under a temporary name, fsynced and renamed, so a killed run loses only what was in flight, and several runs may
share one store.

An entry is sealed: its header names its key and the hash of its arrays, and holds a hash of all that the header says.
What is not as it was written, or stands under another key, is damage (a fault of the disk, a file that was copied or
edited): this is said, and the entry is made anew. Entries of versions before seals have a hash of their arrays alone;
they are read where they always were, but not in a store that a version with seals has begun. A seal is no signature:
who may write to a store can write any entry. Test: tests/feature_io/test_store.py.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import safe_open, save_file

from pipeline.core.abandoned import remove_abandoned
from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_path, canonical_json, open_regular, remove, sha256_text
from pipeline.core.stage_log import say

SEALED = "sealed"
"""The file that marks a stream's folder in which every entry has a seal."""
Found = TypeVar("Found")


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
        self._said: set[str] = set()

    def path(self, key: str) -> Path:
        """Return where the entry of `key` lies, whether or not it exists."""
        return self.folder / key[:2] / f"{key}.safetensors"

    def get(self, key: str) -> Entry | None:
        """Return the entry, or None where there is none that is as it was written; damage is said on stderr, once."""

        def whole(file: safe_open) -> Entry:
            attributes, digest = self._header(key, file)
            arrays = {name: file.get_tensor(name) for name in file.keys()}
            if _digest(arrays) != digest:
                raise ValueError("its arrays have changed")
            return Entry(arrays, attributes)

        return self._read(key, whole)

    def attributes(self, key: str) -> dict[str, Any] | None:
        """Return the attributes of an entry, or None where there is no file of the length that its header declares.

        Only the header is read, because a run looks at every entry when it plans its work and must not read terabytes
        of arrays twice. The arrays of an entry that has attributes may still be damaged, which `get` finds out.
        """
        return self._read(key, lambda file: self._header(key, file)[0])

    def _read(self, key: str, read: Callable[[safe_open], Found]) -> Found | None:
        path = self.path(key)
        try:
            open_regular(path).close()
            with safe_open(path, framework="numpy") as file:
                return read(file)
        except FileNotFoundError:
            return None
        except Exception as error:  # what a damaged file makes a library raise has no end
            if key not in self._said:
                self._said.add(key)
                cause = " ".join(f"{getattr(error, 'strerror', None) or error}".split())
                say(f"{path}: this entry is damaged and is made anew: {cause}")
            return None

    def _header(self, key: str, file: safe_open) -> tuple[dict[str, Any], str]:
        """Return the attributes and the hash of the arrays; raises ValueError where the header is not as written."""
        header = file.metadata() or {}
        unsealed = set(header) == {"attributes", "arrays"} and not (self.folder / SEALED).exists()
        if not unsealed and header != _sealed(key, header.get("attributes", ""), header.get("arrays", "")):
            raise ValueError("its header has changed, or is that of another entry")
        attributes = json.loads(header["attributes"])
        if not isinstance(attributes, dict):
            raise ValueError("its header has changed")
        return attributes, header["arrays"]

    def put(self, key: str, entry: Entry) -> None:
        """Write the entry whole, in place of whatever stands there; raises PipelineError where the disk does not allow
        it.
        """
        arrays = {name: np.ascontiguousarray(array) for name, array in entry.arrays.items()}
        with self._writing():
            if self.path(key).is_dir():
                remove(self.path(key))
            with atomic_path(self.path(key)) as temporary:
                save_file(arrays, temporary, _sealed(key, canonical_json(dict(entry.attributes)), _digest(arrays)))

    def remove_abandoned(self) -> None:
        """Remove the temporary files that killed processes have left beside entries."""
        for folder in self.folder.glob("??/"):
            remove_abandoned(folder / "any entry")

    def check_writable(self) -> None:
        """Raise PipelineError where no entry can be written, so that a run fails before hours of work and not after
        them.
        """
        with self._writing():
            tempfile.TemporaryFile(dir=self.folder).close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Make the folder where it is not there yet, and name it where it cannot be written to."""
        try:
            if not self.folder.exists():
                self.folder.mkdir(parents=True, exist_ok=True)
                (self.folder / SEALED).touch()
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


def _sealed(key: str, attributes: str, arrays: str) -> dict[str, str]:
    """Return the header of an entry. attributes: as JSON; arrays: their hash."""
    header = {"key": key, "attributes": attributes, "arrays": arrays}
    return {**header, "seal": sha256_text(canonical_json(header))}
