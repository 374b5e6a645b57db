"""What changes no byte of any output and is therefore no parameter: device, workers, folders.

Environment variables: `AMDNET_STORE` (content-addressed store; default `$DVC_ROOT/.store`), `AMDNET_DEVICE` (`cpu`,
`cuda`, `cuda:1`; default the first GPU, else the CPU), `AMDNET_DECODE_THREADS` (threads a decoder may use; default 2),
`AMDNET_DECODERS` (videos that one process decodes at a time; default: see `decoders`),
`AMDNET_CACHE` (downloaded weights; default `~/.cache/amdnet`), `AMDNET_EXECUTOR` (who extracts: `serial`, `process`,
`ray`; default `serial`), `AMDNET_WORKERS` (of `process` and `ray`; default one a GPU, else one a CPU core).
Test: tests/test_runtime.py.
"""

import os
from pathlib import Path

from pipeline.errors import PipelineError

# Read when torch is loaded. A thread that spins while it waits takes the core from whoever it waits for.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Read when torch first allocates. Huge pages save most of the page faults of large tensors.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

EXECUTORS = ("serial", "process", "ray")


def project_root() -> Path:
    """The main checkout: `$DVC_ROOT` inside a DVC stage (also in temporary experiments), else the current folder."""
    return Path(os.environ.get("DVC_ROOT", os.getcwd())).resolve()


def store_root() -> Path:
    """Where the content-addressed store lies; shared by all experiments of a checkout."""
    return Path(os.environ.get("AMDNET_STORE", project_root() / ".store")).resolve()


def weights_cache() -> Path:
    """Where downloaded weights are kept."""
    return Path(os.environ.get("AMDNET_CACHE", Path.home() / ".cache" / "amdnet")).expanduser()


def decode_threads() -> int:
    """Threads one video decoder may use."""
    return int(os.environ.get("AMDNET_DECODE_THREADS", "2"))


def decoders() -> int:
    """Videos that one process decodes at a time; raises PipelineError for anything but a whole number >= 1.

    Beside a GPU every core that is free, beside a model on the CPU a quarter of those it computes on, two at least: so
    that the next video is under way when one ends.
    """
    named = _count("AMDNET_DECODERS", "videos to decode at a time")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return named or max(2, cores // 4 if device().type == "cpu" else cores - 1)


def executor() -> str:
    """Who extracts the videos, one of `EXECUTORS`; raises PipelineError for another name."""
    name = os.environ.get("AMDNET_EXECUTOR", EXECUTORS[0])
    if name not in EXECUTORS:
        raise PipelineError(f"there is no executor `{name}`", where="AMDNET_EXECUTOR", fix=f"use {_listed(EXECUTORS)}")
    return name


def workers() -> int | None:
    """How many workers extract, None where nobody said; raises PipelineError for anything but a whole number >= 1."""
    return _count("AMDNET_WORKERS", "workers")


def resolve(path: str) -> Path:
    """A path from params.yaml: absolute, or relative to the main checkout."""
    return (project_root() / Path(path).expanduser()).resolve()


def device():
    """The torch device to compute on."""
    import torch

    named = os.environ.get("AMDNET_DEVICE")
    return torch.device(named or ("cuda" if torch.cuda.is_available() else "cpu"))


def _count(variable: str, what: str) -> int | None:
    named = os.environ.get(variable)
    if named is None:
        return None
    if not (named.isascii() and named.isdigit() and int(named)):
        raise PipelineError(f"`{named}` is no number of {what}", where=variable, fix="use 1 or more")
    return int(named)


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
