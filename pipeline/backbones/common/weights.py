"""Finds the weights of a backbone, which are random, published at a URL, or a file of the user's.

All weights get an id for the provenance. Nothing falls back in silence: a download that fails or a file that does not
fit is an error. Where the publisher gives only the first digits of a hash (in torchvision's file names), these are
checked. Where no hash is published (pytorchvideo), the hash of the downloaded file is printed and recorded in every
feature file, but cannot be verified. Test: tests/backbones/test_weights.py.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from pipeline.backbones.common.download import DownloadError, NotPublished, WrongHash, download
from pipeline.core import runtime
from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256_file

RANDOM_SEED = 0


@dataclass(frozen=True)
class Published:
    """A file on the publisher's server; sha256: the digits of its hash that are known, "" where none are."""

    url: str
    sha256: str


@dataclass(frozen=True)
class Weights:
    """The weights that a parameter names.

    id: `random (seed 0)` or `sha256:<hash>`; path: of the file, None for random weights.
    """

    id: str
    path: Path | None


def find(choice: str, published: Published, parameter: str) -> Weights:
    """Find the weights that a parameter names (random, pretrained, or a path), and download them where needed.

    Raises PipelineError, which names the `parameter`, for a missing file, a failed download and a wrong hash.
    """
    if choice == "random":
        return Weights(f"random (seed {RANDOM_SEED})", None)
    if choice == "pretrained":
        path = runtime.weights_cache() / Path(published.url).name
        if not path.exists():
            _download(published, path, parameter)
        digest = _sha256(path)
        if not digest.startswith(published.sha256):
            raise NotPublished(
                f"sha256 is {digest}, but the published file's starts with {published.sha256}",
                where=path,
                fix="remove the file to download it anew",
            )
    else:
        path = runtime.resolve(choice)
        if not path.is_file():
            raise PipelineError(
                f"`{parameter}: {choice}` names no file ({path})",
                where="params.yaml",
                fix="use `random`, `pretrained`, or the path of a weights file",
            )
        digest = _sha256(path)
    return Weights(f"sha256:{digest}", path)


def build(weights: Weights, construct: Callable[[], nn.Module]) -> nn.Module:
    """Construct the model with these weights, in eval mode; random weights leave the caller's random state alone.

    Raises PipelineError where the file cannot be read, or its tensors are not exactly the model's or hold something
    else than finite numbers of its kind.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(RANDOM_SEED)
        model = construct()
    if weights.path is not None:
        _load(model, weights.path)
    return model.eval()


def _sha256(path: Path) -> str:
    try:
        return sha256_file(path)
    except OSError as error:
        raise PipelineError(f"cannot be read: {error.strerror}", where=path, fix="give read access to it") from None


def _download(published: Published, path: Path, parameter: str) -> None:
    print(f"Downloading {published.url} to {path}", file=sys.stderr)
    try:
        download(published.url, path, published.sha256)
    except (DownloadError, OSError) as error:
        kind = NotPublished if isinstance(error, WrongHash) else PipelineError
        raise kind(
            f"could not download {published.url}: {error}",
            where=path,
            fix=f"put the file there yourself, or set `{parameter}` to `random` or to the path of a file you have",
        ) from None
    checked = "as published" if published.sha256 else "no published hash to check it against; recorded in the features"
    print(f"sha256 {sha256_file(path)} ({checked})", file=sys.stderr)


def _load(model: nn.Module, path: Path) -> None:
    given, expected = _read(path), model.state_dict()
    wrong = {
        "missing": [name for name in expected if name not in given and not _counter(name)],
        "not the model's": [name for name in given if name not in expected],
    }
    for name in expected.keys() & given.keys():
        if what := fault(given[name], expected[name]):
            wrong.setdefault(what, []).append(name)
    problems = [
        f"{what}: {', '.join(sorted(names)[:5])}{f' and {len(names) - 5} more' if len(names) > 5 else ''}"
        for what, names in wrong.items()
        if names
    ]
    if problems:
        raise PipelineError(
            f"the weights do not fit the model; tensors {'; '.join(problems)}",
            where=path,
            fix="give the weights of exactly this architecture, classifier included",
        )
    model.load_state_dict(given, strict=False)


def fault(given: torch.Tensor, expected: torch.Tensor) -> str | None:
    """Say why a tensor of a file cannot take the place of the `expected` one of a model, None where it can."""
    if given.device.type == "meta" or given.layout != torch.strided or given.is_nested or given.is_quantized:
        return "without plain numbers (sparse, nested, quantized or meta)"
    if given.shape != expected.shape:
        return "of another shape"
    if given.is_complex() or given.is_floating_point() != expected.is_floating_point():
        return f"of another kind of numbers ({str(given.dtype).removeprefix('torch.')})"
    if not given.to(expected.dtype).isfinite().all():
        return "with numbers that are not finite"
    return None


def _counter(name: str) -> bool:
    return name.endswith(".num_batches_tracked")  # older files lack it; nothing in eval mode reads it


def _read(path: Path) -> dict[str, torch.Tensor]:
    fix = "give a .pth or .pyth file of tensors only, or a .safetensors file"
    try:
        safe = path.suffix == ".safetensors"
        content = load_file(path) if safe else torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises errors of any kind for a file that is broken
        cause = (str(error).splitlines() or [type(error).__name__])[0]
        raise PipelineError(f"not a readable weights file: {cause}", where=path, fix=fix) from None
    state = content.get("model_state", content) if isinstance(content, dict) else {}
    named = state.items() if isinstance(state, dict) else ()
    tensors = {name: value for name, value in named if isinstance(name, str) and isinstance(value, torch.Tensor)}
    if not tensors:
        raise PipelineError("not a readable weights file: it holds no tensors by name", where=path, fix=fix)
    return tensors
