"""Keeps what a stage says in a file: outputs/logs/<stage>.log, a line with its time for each line that was printed.

The file is no output of DVC, and starts anew with each run of the stage. Test: tests/core/test_stage_log.py.
"""

import sys
import time
from pathlib import Path
from typing import Any, TextIO

from tqdm import tqdm

FOLDER = Path("outputs/logs")
_log: TextIO | None = None


class _Kept:
    """A stream that also puts each whole line into the log; of a bar, which overwrites its line, the last state."""

    def __init__(self, stream: TextIO):
        self._stream, self._line = stream, ""

    def write(self, text: str) -> int:
        *whole, self._line = (self._line + text).split("\n")
        for line in whole:
            only_log(line.rpartition("\r")[2])
        self._line = self._line.rpartition("\r")[2]
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def keep_log(stage: str) -> None:
    """Begin the log of a stage: from now on it has all that is printed. Where it cannot be written, this is said."""
    global _log
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        _log = open(FOLDER / f"{stage}.log", "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
    except OSError as error:
        print(f"{FOLDER / stage}.log: there is no log of this stage: {error.strerror}", file=sys.stderr)
        return
    sys.stdout, sys.stderr = _Kept(sys.stdout), _Kept(sys.stderr)


def say(line: str) -> None:
    """Print a line to stderr, above a bar where there is one."""
    tqdm.write(line, file=sys.stderr)
    sys.stderr.flush()


def only_log(line: str) -> None:
    """Put a line into the log of the stage, where it has one."""
    global _log
    if _log and line.strip():
        try:
            _log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {line}\n")
        except OSError:  # a full disk is told by what needs it
            _log = None
