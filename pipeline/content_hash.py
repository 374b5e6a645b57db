"""SHA-256 of a video's bytes, read once: memoised by path, size, modification time and inode.

The memo is an SQLite file in the store, so several processes may share it; a changed file has another time or size and
is read again. The memo only saves time: where it cannot be written or is locked for too long the file is read, and one
that is damaged (a disk fault) is removed. Test: tests/test_content_hash.py.
"""

import contextlib
import sqlite3
from pathlib import Path

from pipeline import runtime
from pipeline.files import sha256_file

_TABLE = "CREATE TABLE IF NOT EXISTS hashes (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, sha256 TEXT NOT NULL)"


def content_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of the file's bytes; raises OSError where the file cannot be read."""
    path = Path(path).absolute()
    status = path.stat()
    stamp = f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"
    memo = runtime.store_root() / "hashes.sqlite"
    try:
        memo.parent.mkdir(parents=True, exist_ok=True)
        return _memoised(memo, path, stamp)
    except (OSError, sqlite3.OperationalError):
        pass
    except sqlite3.DatabaseError:
        with contextlib.suppress(OSError):
            memo.unlink()
    return sha256_file(path)


def _memoised(memo: Path, path: Path, stamp: str) -> str:
    with contextlib.closing(sqlite3.connect(memo, timeout=30)) as database:
        with database:
            database.execute(_TABLE)
        known = database.execute("SELECT stamp, sha256 FROM hashes WHERE path = ?", (str(path),)).fetchone()
        if known and known[0] == stamp:
            return known[1]
        digest = sha256_file(path)
        with database:
            database.execute("INSERT OR REPLACE INTO hashes VALUES (?, ?, ?)", (str(path), stamp, digest))
        return digest
