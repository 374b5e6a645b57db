"""Hashes files (SHA-256) and remembers each hash by path, size, modification time and inode, so a file is read once.

The memo is an SQLite file in the store, which several processes may share. A file that has changed has another time or
size and is read again. The memo also keeps facts that were found out about a file's bytes. It only saves time: where it
cannot be written, or is locked for too long, files are read; a memo that is damaged (a disk fault) is removed.
Test: tests/core/test_content_hash.py.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from pipeline.core import runtime
from pipeline.core.files import sha256_file

_TABLES = (
    "CREATE TABLE IF NOT EXISTS hashes (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, sha256 TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS facts (about TEXT PRIMARY KEY, fact TEXT NOT NULL)",
)
_CLOCK_TICK_NS = 2_000_000_000
"""The coarsest time stamp of a file system (FAT): a second change so soon after a first one may leave no trace."""
_SECONDS_UNWRITTEN = 1.0
"""How long new entries wait to be written together, because the disk has to confirm each write."""


def content_sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of the file's bytes; raises OSError where the file cannot be read."""
    with Memo() as memo:
        return memo.sha256(Path(path))


class Memo:
    """The memo, opened once for many files; a context manager, to be used by one thread."""

    def __init__(self) -> None:
        self._path = runtime.store_root() / "hashes.sqlite"
        self._database: sqlite3.Connection | None = None
        self._unwritten: list[tuple[str, tuple[str, ...]]] = []
        self._facts: dict[str, str] = {}
        self._written = time.monotonic()

    def __enter__(self) -> "Memo":
        with self._forgiving():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(self._path, timeout=30)
            with self._database:
                for table in _TABLES:
                    self._database.execute(table)
        return self

    def __exit__(self, *_: object) -> None:
        self._write()
        self._close()

    def sha256(self, path: Path, status: os.stat_result | None = None) -> str:
        """Return the hash, see `content_sha256`; status: the file's, where the caller knows it already."""
        status = status or path.stat()
        name = os.fsencode(path.absolute()).decode("utf-8", "backslashreplace")
        stamp = f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"
        known = self._read("SELECT sha256 FROM hashes WHERE path = ? AND stamp = ?", name, stamp)
        if known:
            return known
        settled = abs(time.time_ns() - status.st_mtime_ns) > _CLOCK_TICK_NS
        digest = sha256_file(path)
        if settled:
            self._keep("INSERT OR REPLACE INTO hashes VALUES (?, ?, ?)", name, stamp, digest)
        return digest

    def fact(self, about: str) -> str | None:
        """Return the fact that was noted under `about`, None where there is none."""
        return self._facts.get(about) or self._read("SELECT fact FROM facts WHERE about = ?", about)

    def note(self, about: str, fact: str) -> None:
        """Keep a fact. `about` names all that it depends on: the hash of the bytes, and the code that found it out."""
        self._facts[about] = fact
        self._keep("INSERT OR REPLACE INTO facts VALUES (?, ?)", about, fact)

    def _read(self, statement: str, *values: str) -> str | None:
        with self._forgiving():
            row = self._database.execute(statement, values).fetchone() if self._database else None
            return row[0] if row else None
        return None

    def _keep(self, statement: str, *values: str) -> None:
        self._unwritten.append((statement, values))
        if time.monotonic() - self._written > _SECONDS_UNWRITTEN:
            self._write()

    def _write(self) -> None:
        with self._forgiving():
            if self._database and self._unwritten:
                with self._database:
                    for statement, values in self._unwritten:
                        self._database.execute(statement, values)
        self._unwritten.clear()
        self._written = time.monotonic()

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        """Close the memo after an error of SQLite or the disk, and go on without it."""
        try:
            yield
        except (OSError, sqlite3.OperationalError):
            self._close()
        except sqlite3.DatabaseError:
            self._close()
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _close(self) -> None:
        if self._database:
            self._database.close()
            self._database = None
