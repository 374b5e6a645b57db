"""What changes no byte of any output and is therefore no parameter: device, workers, folders.

Environment variables: `AMDNET_STORE` (content-addressed store; default `$DVC_ROOT/.store`), `AMDNET_DEVICE` (`cpu`,
`cuda`, `cuda:1`; default the first GPU, else the CPU), `AMDNET_DECODE_THREADS` (threads a decoder may use; default 2),
`AMDNET_CACHE` (downloaded weights; default `~/.cache/amdnet`).
"""

import os
from pathlib import Path


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


def resolve(path: str) -> Path:
    """A path from params.yaml: absolute, or relative to the main checkout."""
    return (project_root() / Path(path).expanduser()).resolve()


def device():
    """The torch device to compute on."""
    import torch

    named = os.environ.get("AMDNET_DEVICE")
    return torch.device(named or ("cuda" if torch.cuda.is_available() else "cpu"))
