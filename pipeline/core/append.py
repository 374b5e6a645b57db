"""Adds a line to a text file that is somebody else's: whole or not at all, behind what is there.

Test: tests/core/test_append.py.
"""

import fcntl
import os
import stat
from pathlib import Path

from pipeline.core.encoding import encoding_of
from pipeline.core.errors import PipelineError

_HEAD = 1000
"""Bytes by which the encoding is told."""


def check_appendable(path: Path) -> None:
    """Raise PipelineError where a line must not be added to the file, which need not be there yet.

    It must be a file of its own, since what links to it, such as the cache of DVC, would be changed too; of UTF-8; and
    one that may be written.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise PipelineError("it is a link, or no file", where=path, fix="put a file of its own there (`dvc unprotect`)")
    if not path.exists():
        if not os.access(path.parent, os.W_OK):
            raise PipelineError("its folder may not be written to", where=path, fix="give write access to the folder")
        return
    status = path.stat()
    if status.st_nlink > 1 or not status.st_mode & stat.S_IWUSR or not os.access(path, os.W_OK):
        cause = "it is protected from writing, or has other names, under which it would change too"
        raise PipelineError(cause, where=path, fix="put a copy of its own there (`dvc unprotect`), and allow writing")
    with path.open("rb") as file:
        encoding = encoding_of(file.read(_HEAD))
    if not encoding.startswith("utf-8"):
        raise PipelineError(f"it is {encoding.upper()}, not UTF-8", where=path, fix="save it as UTF-8")


def append_line(path: Path, text: str) -> None:
    """Add the line; a last line that has no end gets one first. What was there stays, whoever else adds lines.

    Raises PipelineError as `check_appendable` does, and where there is no room for the line; the file is then as it
    was.
    """
    check_appendable(path)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        begin = b"" if not size or os.pread(descriptor, 1, size - 1) == b"\n" else b"\n"
        line = begin + text.encode("utf-8") + b"\n"
        try:
            if os.write(descriptor, line) < len(line):
                raise OSError("only a part of it was written")
            os.fsync(descriptor)
        except OSError as error:
            os.ftruncate(descriptor, size)
            raise PipelineError(
                f"the line was not written: {error}", where=path, fix="make room on this disk"
            ) from None
    finally:
        os.close(descriptor)
