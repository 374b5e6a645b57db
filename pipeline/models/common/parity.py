"""Hold a model against numbers produced by its authors' code: `python -m pipeline.models.common.parity FIXTURE.npz`.

The fixture holds the authors' `weights.*`, `input.*` and, in evaluation mode, their results `expect.*`. Prints the
maximum relative error, max|ours - expected| / max|expected|, of every result as JSON: of integers 0 or infinity, of
sequences without their padding, of a course of training the largest of its entries. Gradients that are zero but for
rounding are left out. Exit status 0: all within `tolerance`; 1: some not; 2: no fixture of a model known here.
Test: tests/models/test_parity.py.
"""

import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.models.common.parity_results import RESULTS, Arrays

SMALLEST_GRADIENT = 1e-4  # norm of a tensor's gradient below which it is rounding
OWN_WEIGHTS = {
    "amdnet": "clip_encoder.fc_gauss.weight",
    "gmmformer": "modular_vector_mapping_2.weight",
    "ms_sl": "mapping_linear.0.weight",
}
MASKS = {
    "frames": "frame_mask",
    "frame_layer1": "frame_mask",
    "frame_layer2": "frame_mask",
    "query_tokens": "query_mask",
}


def tolerance(name: str) -> float:
    """The largest error of a result, by its name in the fixture."""
    kind = name.removeprefix("expect.")
    return 5e-4 if kind.startswith("trajectory") else 1e-4 if kind.startswith("grad") else 1e-5


def read_fixture(path: Path | str) -> dict[str, np.ndarray]:
    """The arrays of an .npz file by name; raises PipelineError where it is none."""
    try:
        with np.load(path) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile, AttributeError) as error:
        raise PipelineError(f"not a readable .npz file: {error}", where=path) from None


def model_of(fixture: dict[str, np.ndarray]) -> str:
    """The model a fixture is of: its `meta.model`, else by the weights it holds; raises PipelineError if unknown."""
    if "meta.model" in fixture:
        name = str(fixture["meta.model"])
    else:
        name = next((name for name, weight in OWN_WEIGHTS.items() if f"weights.{weight}" in fixture), "unknown")
    if name not in RESULTS:
        raise PipelineError(f"a fixture of no model known here ({name}); known: {', '.join(RESULTS)}")
    return name


def errors(path: Path | str) -> dict[str, float]:
    """The relative error of every `expect.*` key; raises PipelineError for a fixture that is of no model known here."""
    fixture = read_fixture(path)
    weights, inputs, expected = (_tensors(fixture, f"{prefix}.") for prefix in ("weights", "input", "expect"))
    results = RESULTS[model_of(fixture)](weights, inputs, _tensors(fixture, "meta."))
    unknown = sorted(set(expected) - set(results))
    if unknown or not expected:
        raise PipelineError(f"unknown results: {', '.join(unknown) or 'none expected'}", where=path)
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


def relative_error(ours: Tensor, expected: Tensor) -> float:
    """max|ours - expected| / max|expected|; infinite where the shapes differ or a value of ours is not finite.

    Integers must be equal, else the error is infinite.
    """
    if not expected.is_floating_point():
        return 0.0 if torch.equal(ours, expected) else float("inf")
    if ours.shape != expected.shape or not torch.isfinite(ours).all():
        return float("inf")
    difference = (ours - expected).abs().max().item()
    return difference / max(expected.abs().max().item(), torch.finfo(torch.float32).tiny)


def _tensors(fixture: dict[str, np.ndarray], prefix: str) -> Arrays:
    return {
        name.removeprefix(prefix): torch.from_numpy(array)
        for name, array in fixture.items()
        if name.startswith(prefix) and array.dtype.kind in "fiu"
    }


def main() -> None:
    """The command; see the top of the file."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m pipeline.models.common.parity FIXTURE.npz")
    try:
        found = errors(sys.argv[1])
    except PipelineError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        sys.exit(2)
    print(json.dumps(found, indent=2))
    sys.exit(0 if all(error <= tolerance(name) for name, error in found.items()) else 1)


if __name__ == "__main__":
    main()
