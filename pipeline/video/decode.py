"""Decodes a video in a child process that can be killed, so that a hang or a crash is no more than an error.

A child that has answered to the end reads the next video too. Test: tests/video/test_decode.py.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from pathlib import Path
from typing import Any, TypeVar, get_args

import numpy as np

from pipeline.core import runtime
from pipeline.core.child_environment import child_environment
from pipeline.core.errors import PipelineError
from pipeline.video import child, confined
from pipeline.video.params import DecodeParams, Decoder
from pipeline.video.reader import DecoderKilled, DecoderStopped, Request, Scaling, Timeline, VideoError

DECODERS: tuple[Decoder, ...] = get_args(Decoder)
"""All decoders there are, in the order in which they are tried by default."""

_PACKAGES: dict[Decoder, str] = {"decord": "decord", "pyav": "av"}

_FAULTS = ("SEGV", "BUS", "FPE", "ILL", "ABRT", "TRAP", "SYS", "XFSZ")
CRASHES = {getattr(signal, f"SIG{name}") for name in _FAULTS}
"""The signals by which a decoder ends that fails; by any other one it was ended, as by the kernel for its memory."""

Result = TypeVar("Result")
_MOST_WRITTEN = 1 << 20
"""Bytes that a child may write into a file; decord's messages are the only one."""
_idle: list["_Child"] = []
_starter = ThreadPoolExecutor(1)  # the kernel ends a child with the thread that started it, so that one must live on


def policy(order: Sequence[Decoder], scaling: Scaling) -> str:
    """Return how a provenance names the order in which decoders are tried: another order may give other pixels.

    decord scales bilinearly only. So where frames are scaled otherwise, PyAV reads every video whatever the order, and
    the name is that of the default order. Which decoder has read a video is recorded beside its features.

    Raises PipelineError where no decoder of the order scales so.
    """
    if scaling == "bilinear":
        return ", then ".join(order)
    if "pyav" not in order:
        raise PipelineError(
            f"decord scales bilinearly only, and this sampling takes {scaling} scaling",
            where="params.yaml: decode.order",
            fix="add pyav to decode.order, or choose another sampling",
        )
    return ", then ".join(DECODERS)


def packages(order: Sequence[Decoder]) -> set[str]:
    """Return the distributions that take part in reading videos; PyAV always does, it reads their packets."""
    return {_PACKAGES["pyav"], *(_PACKAGES[decoder] for decoder in order)}


@contextmanager
def open_video(
    path: Path | str,
    short_side: int | None,
    decoder: Decoder,
    limits: DecodeParams,
    seconds: float = 0.0,
    scaling: Scaling = "bilinear",
    in_parts: bool = False,
) -> Iterator["IsolatedReader"]:
    """Open a video with one of `DECODERS` and yield its reader, which scales its short side to `short_side` pixels.

    seconds: the length that the video's header declares, 0 where it is not known; short_side, scaling, in_parts:
    see `pipeline.video.reader.Request`. Opening a video reads all its packets.

    Raises VideoError where the video cannot be read, does not keep its deadline, or crashes the decoder; DecoderKilled
    where something else ended the decoder; TooLarge where the same decoder can read it `in_parts`; PipelineError where
    the decoder is not installed, or AMDNET_DECODE_THREADS is wrong.
    """
    ahead = limits.max_ahead_mib << 20
    request = Request(path, short_side, scaling, runtime.decode_threads(), ahead, in_parts)
    with _process() as process:
        yield IsolatedReader(process, decoder, request, limits, seconds)


def ask(question: tuple[Any, ...], path: Path | str, seconds: float) -> Any:
    """Ask a child one question about the file at `path` (see `pipeline.video.child`) and return its answer.

    Raises VideoError as `open_video` does, also where the answer takes more than `seconds`; DecoderKilled where that
    happened twice.
    """

    def answer() -> Any:
        with _process() as process:
            conversation = _Conversation(process, path, seconds)
            answer = conversation.ask(question)
            process.free = True
            return answer

    return once_more_if_killed(answer)


def once_more_if_killed(read: Callable[[], Result]) -> Result:
    """Call `read`, and once more where something else ended its decoder; raises DecoderKilled where that did not help.

    So what is read never depends on what else went on: the decoder that was to read a video does, or none.
    """
    try:
        return read()
    except DecoderKilled:
        _end_idle()
    try:
        return read()
    except DecoderKilled as error:
        fix = "run the same command again; where memory is short, lower AMDNET_DECODERS or AMDNET_WORKERS"
        raise DecoderKilled(f"{error.cause}, twice", where=error.where, fix=fix) from None


@contextmanager
def _process() -> Iterator["_Child"]:
    """Yield a process for one video, and keep it for the next video where it is free afterwards."""
    process = _take()
    try:
        yield process
    finally:
        if process.free:
            _idle.append(process)
        else:
            process.kill()


def _take() -> "_Child":
    with suppress(IndexError):
        if (process := _idle.pop()).alive():
            return process
    return _starter.submit(_Child).result()


def _end_idle() -> None:
    """End the processes that wait: what ended one may have ended them, too, and they may not be over yet."""
    with suppress(IndexError):
        while True:
            _idle.pop().kill()


def _after_fork() -> None:
    """A forked process must not talk to its parent's children, and it has none of its parent's threads."""
    global _starter
    _idle.clear()
    _starter = ThreadPoolExecutor(1)


os.register_at_fork(after_in_child=_after_fork)


class _Conversation:
    """Asks a child questions; the waiting for all answers together may take `allowed` seconds."""

    def __init__(self, process: "_Child", path: Path | str, allowed: float):
        self._process, self._path = process, path
        self._allowed, self._waited = allowed, 0.0

    def ask(self, question: Any) -> Any:
        self._process.free = False
        try:
            self._process.pipe.send(question)
        except OSError:
            pass  # it died; the answer says how
        return self.answer()

    def answer(self) -> Any:
        started = time.monotonic()
        if not self._process.pipe.poll(max(0.0, self._allowed - self._waited)):
            self._process.kill()
            raise DecoderStopped(
                f"not done within {self._allowed:.0f} s, so the decoder was stopped",
                where=self._path,
                fix="where the file is sound, raise decode.deadline_floor or decode.deadline_factor",
            )
        try:
            answer = self._process.pipe.recv()
        except (EOFError, OSError):
            kind, cause = self._process.ending()
            raise kind(cause, where=self._path) from None
        self._waited += time.monotonic() - started
        if isinstance(answer, PipelineError):
            self._process.free = True
            where = self._path if isinstance(answer, VideoError) else answer.where
            raise type(answer)(answer.cause, where=where, fix=answer.fix)
        return answer

    def _error(self, cause: str) -> VideoError:
        return VideoError(cause, where=self._path)


class IsolatedReader(_Conversation):
    """See `pipeline.video.reader.Reader`.

    The deadline bounds the seconds that are spent on waiting for the child: max(floor, factor * length of the video).
    The length is the declared one until the packets have been read, then the longer one of the two.
    """

    def __init__(self, process: "_Child", decoder: Decoder, request: Request, limits: DecodeParams, seconds: float):
        super().__init__(process, request.path, max(limits.deadline_floor, limits.deadline_factor * seconds))
        self.timeline: Timeline
        self.libavcodec: str
        self.timeline, self.libavcodec = self.ask((decoder, request))
        self._allowed = max(self._allowed, limits.deadline_factor * self.timeline.end)

    def frames(self, wanted: Iterable[int]) -> Iterator[np.ndarray]:
        """See `pipeline.video.reader.Reader.frames`; the child sends a frame that is wanted several times only once."""
        indices = np.fromiter(wanted, np.int64)
        pictures, last = self._pictures(np.unique(indices)), -1
        for index in indices:
            if index > last:
                last, picture = index, next(pictures)
            yield picture
        next(pictures, None)  # the end is an answer too: a decoder may find fault with what it gave

    def _pictures(self, indices: np.ndarray) -> Iterator[np.ndarray]:
        batch = self.ask(indices)
        while batch is not None:
            yield from batch
            batch = self.answer()
        self._process.free = True


class _Child:
    """A decoding process and the pipe to it. free: whether it waits for the next video."""

    def __init__(self):
        self.pipe, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", confined.__name__, str(os.getpid()), str(_MOST_WRITTEN), child.__name__,
                 str(theirs.fileno())],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=child_environment(),
            )  # fmt: skip
        self.free = True

    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self.pipe.close()

    def ending(self) -> tuple[type[DecoderStopped], str]:
        """Say how a process that has closed its pipe ended, and whether by its own fault."""
        status = self._process.wait()
        if status >= 0:
            return DecoderStopped, f"the decoder ended with status {status}"
        known = {number.value: f", {number.name}" for number in signal.Signals}
        named = f"(signal {-status}{known.get(-status, '')})"
        if -status in CRASHES:
            return DecoderStopped, f"the decoder crashed {named}"
        return DecoderKilled, f"the decoder was ended from outside {named}"
