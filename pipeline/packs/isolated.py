"""Reads an HDF5 file of a pack in a process of its own, because a damaged one can make the library loop for ever.

`python -m pipeline.packs.isolated DESCRIPTOR PARENT` is that process: it ends with the one that started it. To the path
of a file it answers with the facts, to (CONTAINS, id) with a bool, to (ROWS, id) with an array; in place of any answer
it may send the error. Test: tests/packs/test_isolated.py.
"""

import os
import signal
import subprocess
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.child_environment import child_environment
from pipeline.core.dying import die_with
from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord
from pipeline.packs.arrays import FIX, ArrayRows

SECONDS = 60
"""How long one answer may take; the largest rows take less on a slow disk."""
CONTAINS, ROWS = "contains", "rows"


class IsolatedRows:
    """Gives the rows of an id, see ArrayRows; a context manager."""

    def __init__(self, path: Path):
        """Raises PipelineError where the file cannot be opened as HDF5."""
        self.path, self.files = path, [path]
        self._pipe, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(theirs.fileno()), str(os.getpid())],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=child_environment(),
            )  # fmt: skip
        self.facts: dict[str, int] = self._ask(self.path)

    def __enter__(self) -> "IsolatedRows":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def __contains__(self, id: str) -> bool:
        return bool(self._ask((CONTAINS, id)))

    def __getitem__(self, id: str) -> np.ndarray:
        """See ArrayRows; raises PipelineError where the process hangs or crashes over it."""
        rows: np.ndarray = self._ask((ROWS, id))
        return rows

    def _end(self) -> int:
        self._process.kill()
        self._pipe.close()
        return self._process.wait()

    def _ask(self, question: Any) -> Any:
        """Return the answer; raises the error that was sent, and PipelineError where no answer came."""
        try:
            self._pipe.send(question)
            answer = self._pipe.recv() if self._pipe.poll(SECONDS) else self._refused(f"hangs for {SECONDS} s")
        except (EOFError, OSError):
            answer = self._refused("crashes")
        if isinstance(answer, PipelineError | BadRecord):
            raise answer
        return answer

    def _refused(self, what: str) -> PipelineError:
        self._end()
        return PipelineError(f"the library that reads HDF5 {what} over this file", where=self.path, fix=FIX)


def serve(connection: Connection) -> None:
    """Answer what the other side asks about one file, until it is gone."""
    source: ArrayRows | None = None
    while True:
        question = connection.recv()
        try:
            if source is None:
                source = ArrayRows(question)
                connection.send(source.facts)
            else:
                kind, id = question
                connection.send(id in source if kind == CONTAINS else source[id])
        except (PipelineError, BadRecord) as error:
            connection.send(error)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks, with whom this process ends
    die_with(int(sys.argv[2]))
    try:
        serve(Connection(int(sys.argv[1])))
    except (EOFError, OSError):
        pass
