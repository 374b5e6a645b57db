"""Keeps the tensors of a split in the store, so that the next experiment need not read the feature files again.

An entry is a folder of arrays below `corpus/` in the store. It may be several times as large as the feature files, and
every form of tensors that a recipe asks for is an entry of its own. So writing an entry first removes those that nobody
opened for a month, and then those that were unused for longest, until all entries together take at most half of the
room that the disk would have without them. A process that has an entry open keeps what it opened.
Test: tests/corpus/test_kept.py.
"""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor

from pipeline.core import runtime
from pipeline.core.abandoned import remove_abandoned
from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_folder, canonical_json, sha256_text
from pipeline.corpus.arrays import finish, open_arrays

SHARE_OF_DISK = 0.5
UNUSED_SECONDS = 30 * 24 * 3600


class Entry:
    """The place in the store of one set of tensors.

    depends: all that the tensors depend on, as values that JSON can hold; other values are another entry.
    """

    def __init__(self, depends: Any):
        self.folder = runtime.store_root() / "corpus" / sha256_text(canonical_json(depends))

    def open(self) -> dict[str, Tensor] | None:
        """Open the tensors, by name; None where they were not made yet, or are damaged."""
        tensors = open_arrays(self.folder)
        if tensors is not None:
            with contextlib.suppress(OSError):
                os.utime(self.folder)  # when it was last used
        return tensors

    def write(self, what: str, size: int, write: Callable[[Path], None]) -> dict[str, Tensor]:
        """Make room, let `write(folder)` write the arrays into a temporary folder, and open them.

        what: what the tensors are, in words, for the line on stderr that says how much was written; size: about how
        many bytes that will be. Raises PipelineError where the store cannot be written to.
        """
        store = self.folder.parent
        _make_room(self.folder, size)
        try:
            with atomic_folder(self.folder) as temporary:
                write(temporary)
                finish(temporary)
        except OSError as error:
            raise PipelineError(
                f"the store cannot be written to: {error.strerror or error}",
                where=store,
                fix="give write access to it, or let AMDNET_STORE name another folder",
            ) from None
        own, total = _bytes_of(self.folder), sum(map(_bytes_of, _entries(store)))
        print(f"{what}: {_gigabytes(own)} written to {store}, which holds {_gigabytes(total)}", file=sys.stderr)
        if (tensors := open_arrays(self.folder)) is None:
            fault = "what was just written cannot be read"
            raise PipelineError(fault, where=self.folder, fix="look for a fault of the disk")
        return tensors


def _make_room(folder: Path, size: int) -> None:
    """Remove entries that are too old, or too much beside a new entry of `size` bytes at `folder`."""
    remove_abandoned(folder)
    now = time.time()
    others = sorted((entry for entry in _entries(folder.parent) if entry != folder), key=_last_used)
    taken = sum(map(_bytes_of, others))
    limit = SHARE_OF_DISK * (taken + _free(folder.parent))
    for entry in others:
        if taken + size > limit or now - _last_used(entry) > UNUSED_SECONDS:
            taken -= _bytes_of(entry)
            shutil.rmtree(entry, ignore_errors=True)
            print(f"corpus: removed {entry}, which was unused for longest", file=sys.stderr)


def _entries(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*") if path.is_dir() and not path.name.startswith(".")]


def _last_used(entry: Path) -> float:
    try:
        return entry.stat().st_mtime
    except FileNotFoundError:  # removed by another process
        return 0.0


def _bytes_of(entry: Path) -> int:
    """How many bytes the files of an entry take on the disk."""
    try:
        return sum(512 * path.stat().st_blocks for path in entry.iterdir())
    except FileNotFoundError:
        return 0


def _free(folder: Path) -> int:
    """How many bytes are free on the disk of a folder that may not exist yet."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.3g} GB"
