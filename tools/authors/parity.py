"""Compares a model with numbers that the code of its authors computed; docs/parity.md says what is compared.

Test: tests/tools/test_parity.py.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.models.common.fixtures import Arrays, Authors
from pipeline.models.common.interface import TrainedModel
from tools.authors.modules import authors_of, models_with_authors
from tools.authors.training import trained
from tools.authors.weights import load_author_weights

SMALLEST_GRADIENT = 1e-4
"""A gradient with a smaller norm is zero but for rounding, and is not compared."""
MASKS = {
    "frames": "frame_mask",
    "frame_layer1": "frame_mask",
    "frame_layer2": "frame_mask",
    "query_tokens": "query_mask",
}
"""The results that are compared without their padding, and for each the input that is its mask."""


def tolerance(name: str) -> float:
    """Return the largest relative error that a result may have; name: its name in the fixture."""
    kind = name.removeprefix("expect.")
    return 5e-4 if kind.startswith("trajectory") else 1e-4 if kind.startswith("grad") else 1e-5


def errors(path: Path | str) -> dict[str, float]:
    """Compute the relative error of every result of the fixture `path`, by its name, `expect.*`.

    Gradients that are zero but for rounding are left out. Raises PipelineError for a file that is no fixture, and for a
    fixture of a model that is not known here.
    """
    fixture = _read(path)
    weights, inputs, expected = (_tensors(fixture, f"{prefix}.") for prefix in ("weights", "input", "expect"))
    try:
        results = results_of(_authors_of(fixture), weights, inputs, _tensors(fixture, "meta."))
    except KeyError as error:
        raise _no_fixture(path, f"it lacks {error}") from None
    except PipelineError as error:
        raise _no_fixture(path, error.cause) from None
    except (IndexError, RuntimeError, ValueError) as error:
        raise _no_fixture(path, f"its arrays do not fit the model: {error}") from None
    unknown = sorted(set(expected) - set(results))
    if unknown or not expected:
        raise _no_fixture(path, f"unknown results: {', '.join(unknown) or 'none expected'}")
    found = {}
    for name, theirs in expected.items():
        ours = results[name]
        if name in MASKS:
            ours, theirs = (tensor * inputs[MASKS[name]][..., None] for tensor in (ours, theirs))
        if name.startswith("trajectory"):
            found[f"expect.{name}"] = max(map(relative_error, ours, theirs))
        elif not name.startswith("grad") or expected[f"grad_norm.{name.split('.', 1)[1]}"] >= SMALLEST_GRADIENT:
            found[f"expect.{name}"] = relative_error(ours, theirs)
    return found


def results_of(authors: Authors, weights: Arrays, inputs: Arrays, meta: Arrays) -> Arrays:
    """Compute every result that a fixture may expect, with the authors' weights in the place of ours.

    weights, inputs, meta: the fixture's arrays by their names without `weights.`, `input.` and `meta.`. Raises
    PipelineError naming weights that do not fit.
    """
    model = authors.build(weights, inputs, meta).eval()
    load_author_weights(model, authors.NAMES, weights)
    training: Arrays = {}
    if authors.TRAINING_RATE is not None:
        assert isinstance(model, TrainedModel)
        training = trained(model, authors.NAMES, inputs, authors.TRAINING_RATE)
    with torch.inference_mode():
        return training | authors.results(model, inputs)


def relative_error(ours: Tensor, expected: Tensor) -> float:
    """Compute max|ours - expected| / max|expected|.

    It is infinite where the shapes differ or a value of ours is not finite, and for integers that are not all equal.
    """
    if not expected.is_floating_point():
        return 0.0 if torch.equal(ours, expected) else float("inf")
    if ours.shape != expected.shape or not torch.isfinite(ours).all():
        return float("inf")
    difference = (ours - expected).abs().max().item()
    return difference / max(expected.abs().max().item(), torch.finfo(torch.float32).tiny)


def _read(path: Path | str) -> dict[str, np.ndarray]:
    """Read the arrays of an .npz file by name. Raises PipelineError where the file is none."""
    try:
        with np.load(path) as file:
            return {name: file[name] for name in file.files}
    except Exception as error:  # zipfile and NumPy raise errors of any kind for a file that is broken
        raise PipelineError(
            f"not a readable .npz file: {error}", where=path, fix="name a parity fixture, or copy it anew"
        ) from None


def _authors_of(fixture: dict[str, np.ndarray]) -> Authors:
    """Find the authors.py of the model whose own weight the fixture holds. Raises PipelineError if there is none."""
    known = models_with_authors()
    for name in known:
        authors = authors_of(name)
        if authors is not None and f"weights.{authors.OWN_WEIGHT}" in fixture:
            return authors
    raise PipelineError(f"its weights are of no model known here; known: {', '.join(known)}")


def _no_fixture(path: Path | str, cause: str) -> PipelineError:
    return PipelineError(cause, where=path, fix="write the fixture as docs/parity.md says")


def _tensors(fixture: dict[str, np.ndarray], prefix: str) -> Arrays:
    return {
        name.removeprefix(prefix): torch.from_numpy(array)
        for name, array in fixture.items()
        if name.startswith(prefix) and array.dtype.kind in "fiu"
    }
