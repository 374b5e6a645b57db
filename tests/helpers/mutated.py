"""Files that were damaged at random, read by a process that may hang or crash without taking the test with it."""

import os
import random
import re
import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from pipeline.core.errors import PipelineError
from pipeline.core.ids import BadRecord

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120
"""After so long without the end of a round, the reader hangs; on a machine that is busy a round may take seconds."""
SEED = int(os.environ.get("AMDNET_CHAOS_SEED", "0"))
TOKENS = [
    b"NaN", b"Infinity", b"-1", b"1e999", b"null", b"{}", b"[]", b'""', b"\x00", b"\xff\xfe", b"\\ud800", b"0" * 400,
    b"[" * 2000, b"'", b'"', b"\n", b"9" * 30, b"../../etc/passwd", b"!!python/object", b"&a [*a]",
]  # fmt: skip


def mutated(content: bytes, draw: random.Random) -> bytes:
    """The content with one to eight changes: bits, bytes, pieces and lengths, and words that readers stumble over."""
    damaged = bytearray(content)
    for _ in range(draw.choice([1, 1, 1, 2, 4, 8])):
        at, size = draw.randrange(len(damaged) + 1), draw.choice([1, 2, 4, 8, 30])
        kind = draw.randrange(8)
        if kind == 0:
            damaged[at : at + 1] = bytes(byte ^ (1 << draw.randrange(8)) for byte in damaged[at : at + 1])
        elif kind == 1:
            damaged[at : at + size] = draw.randbytes(len(damaged[at : at + size]))
        elif kind == 2:
            damaged[at : at + size] = draw.choice([b"\x00", b"\xff"]) * len(damaged[at : at + size])
        elif kind == 3:
            del damaged[at : at + size]
        elif kind == 4:
            damaged[at:at] = draw.choice(TOKENS)
        elif kind == 5:
            other = draw.randrange(len(damaged) + 1)
            damaged[at : at + size] = damaged[other : other + size]
        elif kind == 6:
            values = list(re.finditer(rb"-?\d+(\.\d+)?|\"[^\"]*\"|true|null", damaged[:100_000]))
            if values:
                value = draw.choice(values)
                damaged[value.start() : value.end()] = draw.choice(TOKENS[:8])
        else:
            del damaged[at:]
    return bytes(damaged)


def survives(read: Callable[[], object], files: Iterable[Path], rounds: int, name: str) -> int:
    """Damage one of the files a round, and read them; returns in how many rounds an error said so.

    Anything but a result or an error that names what is wrong fails the test, and so does a file that is opened
    elsewhere than where the files, the project or Python are, and a round that does not end.
    """
    ours, theirs = get_context("fork").Pipe()
    if not (process := os.fork()):
        ours.close()
        _play(theirs, read, list(files), rounds, name)
        os._exit(0)
    theirs.close()
    told: tuple[int, str] = (0, "")
    try:
        while told[1] != "end":
            assert ours.poll(SECONDS), f"{name}: hangs in the round after {told[0]}, seed {SEED}"
            told = ours.recv()
            assert not told[1].startswith("Traceback"), f"{name}: round {told[0]}, seed {SEED}\n{told[1]}"
    except EOFError:
        raise AssertionError(f"{name}: crashes in the round after {told[0]}, seed {SEED}") from None
    finally:
        with suppress(ProcessLookupError):
            os.kill(process, 9)
        os.waitpid(process, 0)
    return told[0]


def _play(pipe: Connection, read: Callable[[], object], files: list[Path], rounds: int, name: str) -> None:
    torch.set_num_threads(1)
    sys.stdout = sys.stderr = open(os.devnull, "w")
    whole = {path: path.read_bytes() for path in files}
    escaped = _watch(files[0].parent)
    refused = 0
    for number in range(rounds):
        draw = random.Random(f"{SEED} {name} {number}")
        path = draw.choice(files)
        path.write_bytes(mutated(whole[path], draw))
        try:
            read()
        except (PipelineError, BadRecord):
            refused += 1
        except BaseException:
            pipe.send((number, f"{traceback.format_exc()}\n{path}"))
            return
        if escaped:
            pipe.send((number, f"Traceback: it opened {escaped}"))
            return
        if number % 10 == 0:
            pipe.send((number, "alive"))
        for changed, content in whole.items():
            changed.parent.mkdir(parents=True, exist_ok=True)
            changed.write_bytes(content)
    pipe.send((refused, "end"))


def _watch(folder: Path) -> list[str]:
    """Note each file that is opened elsewhere."""
    escaped: list[str] = []
    allowed = [str(folder), str(ROOT), sys.prefix, sys.base_prefix, "/proc", "/dev", "/usr", "/sys", "/tmp"]

    def hook(event: str, arguments: tuple) -> None:
        if event == "open" and isinstance(arguments[0], str | bytes):
            path = os.path.abspath(os.fsdecode(arguments[0]))
            if not path.startswith(tuple(allowed)):
                escaped.append(path)

    sys.addaudithook(hook)
    return escaped
