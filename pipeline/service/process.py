"""Starts `pipeline.service.child` and hears it: nothing of a video is read in the process that serves the page.

Test: tests/service/test_posters.py.
"""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import suppress
from typing import Any, Self

from pipeline.core.child_environment import child_environment
from pipeline.service.errors import BUSY, MediaError
from pipeline.video import confined

PIECE = 1 << 16
"""The most bytes that are read at a time, and that a child is ahead by beside what its pipe holds."""


def start(asked: dict[str, Any], output: int) -> subprocess.Popen[bytes]:
    """Start a process that answers `asked` on the descriptor `output`, and dies with this thread.

    Raises MediaError where the system starts none.
    """
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", confined.__name__, str(os.getpid()), "0", "pipeline.service.child"],
            stdin=subprocess.PIPE, stdout=output, stderr=subprocess.DEVNULL,
            env={**child_environment(), "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
    except OSError as error:
        raise MediaError("The machine cannot start another process now; try again.", BUSY) from error
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin:
        process.stdin.write(json.dumps(asked).encode())
    process.stdin = None
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and take its status, so that nothing of it is left."""
    process.kill()
    with suppress(subprocess.TimeoutExpired):  # it hangs in the kernel, and is gone when that returns
        process.wait(1)
    if process.stdout:
        process.stdout.close()


class Child:
    """A process at work on one video, heard from an event loop. Whoever asked it closes it."""

    def __init__(self, process: subprocess.Popen[bytes], reader: asyncio.StreamReader, pipe: asyncio.BaseTransport):
        self._process, self._reader, self._pipe = process, reader, pipe

    @classmethod
    async def asked(cls, **question: Any) -> Self:
        """Start a process and ask it. Raises MediaError where the system starts none."""
        ours, theirs = os.pipe()
        try:
            process = start(question, theirs)
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        reader = asyncio.StreamReader(PIECE)
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            pipe, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(ours, "rb", 0))
        except BaseException:
            end(process)
            raise
        return cls(process, reader, pipe)

    async def answer(self) -> dict[str, Any]:
        """Return its answer. Raises MediaError where it says why there is none, or ends without."""
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise MediaError("The video made its decoder fail.")
        answer = json.loads(line)
        if "error" in answer:
            raise MediaError(answer["error"], answer["status"])
        return answer

    async def piece(self) -> bytes:
        """Return the next bytes after the answer, none at the end."""
        return await self._reader.read(PIECE)

    async def rest(self) -> bytes:
        """Return all bytes after the answer. Raises MediaError where the process failed meanwhile."""
        rest = await self._reader.read()
        if not await self.done():
            raise MediaError("The video made its decoder fail.")
        return rest

    async def done(self) -> bool:
        """Return whether the process, which has said all, ended well."""
        with suppress(subprocess.TimeoutExpired):
            return await asyncio.to_thread(self._process.wait, 1) == 0
        return False

    def close(self) -> None:
        """End the process, whatever it does."""
        self._pipe.close()
        end(self._process)
