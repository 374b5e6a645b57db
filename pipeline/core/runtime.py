"""Where the pipeline runs and who does its work: device, workers and folders, which environment variables name.

These are no parameters. Only two of them change a byte of an output: the kind of device, because a GPU rounds
differently and trains in bfloat16, and `AMDNET_FAST_CPU=0`, because torch's own functions round differently and drop
other elements in training. A wrong value raises a PipelineError that names the variable. A relative folder lies below
the main checkout, so that all temporary experiments share it.

Environment variables: `AMDNET_STORE` (content-addressed store; default `.store`), `AMDNET_DEVICE` (`cpu`, `cuda`,
`cuda:1`; default the first GPU, else the CPU), `AMDNET_DECODE_THREADS` (threads a decoder may use; default 2),
`AMDNET_DECODERS` (videos that one process decodes at a time; default: see `decoders`), `AMDNET_CACHE` (downloaded
weights; default `~/.cache/amdnet`), `AMDNET_EXECUTOR` (who extracts: `inline`, `process`, `ray`; default `inline`),
`AMDNET_WORKERS` (workers of `process` and `ray`; default one a GPU, else one a CPU core), `AMDNET_FAST_CPU` (`0`: the
models compute with torch's own functions instead of the fast CPU paths of pipeline/ops; default `1`).
Test: tests/core/test_runtime.py.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from pipeline.core.errors import PipelineError

# Read when torch is loaded. A thread that spins while it waits takes the core from whoever it waits for.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

EXECUTORS = ("inline", "process", "ray")


def project_root() -> Path:
    """Return the main checkout: `$DVC_ROOT` in a DVC stage, also in a temporary experiment, else the current folder."""
    return Path(os.environ.get("DVC_ROOT", os.getcwd())).resolve()


def store_root() -> Path:
    """Return the folder of the content-addressed store, which all experiments of a checkout share."""
    return _folder("AMDNET_STORE", ".store")


def weights_cache() -> Path:
    """Return the folder in which downloaded weights are kept."""
    return _folder("AMDNET_CACHE", "~/.cache/amdnet")


def decode_threads() -> int:
    """Return how many threads a decoder may use; raises PipelineError for anything but a whole number >= 1."""
    return _count("AMDNET_DECODE_THREADS", "threads of a decoder") or 2


def decoders() -> int:
    """Return how many videos a process decodes at a time; raises PipelineError for anything but a whole number >= 1.

    By default that is, beside a model on a GPU, one for each CPU core but one, and beside a model on the CPU, one for
    every four cores; but at least two, so that the next video is under way when one ends.
    """
    named = _count("AMDNET_DECODERS", "videos to decode at a time")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return named or max(2, cores // 4 if device().type == "cpu" else cores - 1)


def executor() -> str:
    """Return the executor that extracts the videos, one of `EXECUTORS`; raises PipelineError for another name."""
    name = os.environ.get("AMDNET_EXECUTOR", EXECUTORS[0])
    if name not in EXECUTORS:
        renamed = "; `serial` is called `inline` now" if name == "serial" else ""
        fix = f"use {_listed(EXECUTORS)}{renamed}"
        raise PipelineError(f"there is no executor `{name}`", where="AMDNET_EXECUTOR", fix=fix)
    return name


def workers() -> int | None:
    """Return AMDNET_WORKERS, the number of workers, None if unset; raises PipelineError for all but numbers >= 1."""
    return _count("AMDNET_WORKERS", "workers")


@cache
def fast_cpu() -> bool:
    """Return whether the fast CPU paths are on, which is read once; raises PipelineError for anything but 0 and 1."""
    named = os.environ.get("AMDNET_FAST_CPU", "1")
    if named not in ("0", "1"):
        raise PipelineError(f"`{named}` is neither 0 nor 1", where="AMDNET_FAST_CPU", fix="use 0 or 1, or unset it")
    return named == "1"


def resolve(path: str) -> Path:
    """Return a path of params.yaml, which is absolute or relative to the main checkout, as an absolute one."""
    return (project_root() / Path(path).expanduser()).resolve()


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Let torch use so many threads of the CPU in the block, however many cores there are.

    The number of threads changes the last bits of results.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def device_name() -> str | None:
    """Return what AMDNET_DEVICE names (`cpu`, `cuda`, `cuda:N`), else None; raises PipelineError for other names."""
    named = os.environ.get("AMDNET_DEVICE")
    if named is not None and not re.fullmatch("cpu|cuda(:[0-9]+)?", named):
        raise PipelineError(f"there is no device `{named}`", where="AMDNET_DEVICE", fix="use cpu, cuda, cuda:1, ...")
    return named


def device():
    """Return the torch device to compute on; raises PipelineError for a GPU that torch does not find."""
    import torch

    chosen = torch.device(device_name() or ("cuda" if torch.cuda.is_available() else "cpu"))
    if chosen.type == "cuda" and (chosen.index or 0) >= (found := torch.cuda.device_count()):
        raise PipelineError(
            f"`{chosen}` is not there: torch finds {found} GPUs", where="AMDNET_DEVICE", fix="use another, or cpu"
        )
    return chosen


def _folder(variable: str, default: str) -> Path:
    named = os.environ.get(variable, default)
    if not named.strip():
        raise PipelineError("it is empty", where=variable, fix="name a folder, or unset it")
    try:
        return resolve(named)
    except RuntimeError as error:
        raise PipelineError(f"`{named}`: {error}", where=variable, fix="name the folder from / on") from None


def _count(variable: str, what: str) -> int | None:
    named = os.environ.get(variable)
    if named is None:
        return None
    if not (named.isascii() and named.isdigit() and int(named)):
        raise PipelineError(f"`{named}` is no number of {what}", where=variable, fix="use 1 or more")
    return int(named)


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
