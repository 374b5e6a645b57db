"""Finds the weights of a backbone, which are random, published at a URL, or a file of the user's.

All weights get an id for the provenance. Nothing falls back in silence: a download that fails or a file that does not
fit is an error. Where the publisher gives only the first digits of a hash (in torchvision's file names), these are
checked. Where no hash is published (pytorchvideo), the hash of the downloaded file is printed and recorded in every
feature file, but cannot be verified. Test: tests/backbones/test_weights.py.
"""

import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from pipeline.backbones.common.download import DownloadError, download
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
        digest = sha256_file(path)
        if not digest.startswith(published.sha256):
            raise PipelineError(
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
        digest = sha256_file(path)
    return Weights(f"sha256:{digest}", path)


def build(weights: Weights, construct: Callable[[], nn.Module]) -> nn.Module:
    """Construct the model with these weights, in eval mode; random weights leave the caller's random state alone.

    Raises PipelineError where the file cannot be read or its tensors are not exactly the model's.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(RANDOM_SEED)
        model = construct()
    if weights.path is not None:
        _load(model, weights.path)
    return model.eval()


def _download(published: Published, path: Path, parameter: str) -> None:
    print(f"Downloading {published.url} to {path}", file=sys.stderr)
    try:
        download(published.url, path, published.sha256)
    except (DownloadError, OSError) as error:
        raise PipelineError(
            f"could not download {published.url}: {error}",
            where=path,
            fix=f"put the file there yourself, or set `{parameter}` to `random` or to the path of a file you have",
        ) from None
    checked = "as published" if published.sha256 else "no published hash to check it against; recorded in the features"
    print(f"sha256 {sha256_file(path)} ({checked})", file=sys.stderr)


def _load(model: nn.Module, path: Path) -> None:
    given, expected = _read(path), model.state_dict()
    problems = [
        f"{what}: {', '.join(names[:5])}{f' and {len(names) - 5} more' if len(names) > 5 else ''}"
        for what, names in (
            ("missing", sorted(name for name in expected if name not in given and not _counter(name))),
            ("not the model's", sorted(name for name in given if name not in expected)),
            ("of another shape", sorted(n for n in expected if n in given and given[n].shape != expected[n].shape)),
        )
        if names
    ]
    if problems:
        raise PipelineError(
            f"the weights do not fit the model; tensors {'; '.join(problems)}",
            where=path,
            fix="give the weights of exactly this architecture, classifier included",
        )
    model.load_state_dict(given, strict=False)


def _counter(name: str) -> bool:
    return name.endswith(".num_batches_tracked")  # older files lack it; nothing in eval mode reads it


def _read(path: Path) -> dict[str, torch.Tensor]:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError, SafetensorError) as error:
        raise PipelineError(
            f"not a readable weights file: {str(error).splitlines()[0]}",
            where=path,
            fix="give a .pth or .pyth file of tensors only, or a .safetensors file",
        ) from None
    content = content.get("model_state", content) if isinstance(content, dict) else {}
    return {name: value for name, value in content.items() if isinstance(value, torch.Tensor)}
