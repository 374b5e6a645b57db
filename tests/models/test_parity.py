"""The parity command: the authors' numbers within 1e-5, and its exit status for every kind of fixture."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.core.errors import PipelineError
from pipeline.corpus.videos import Videos
from pipeline.models.amdnet.model import AMDNet
from pipeline.models.common import parity as command
from pipeline.models.common.parity_results import amdnet_results

ROOT = Path(__file__).resolve().parents[2]


def run(path: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "pipeline.models.common.parity", str(path)], cwd=ROOT, capture_output=True, text=True
    )


def fixture_of(model: AMDNet, videos: Videos, queries, path: Path, **changes: np.ndarray) -> Path:
    """A fixture of a model of ours, written under the authors' names; its expectations are our results."""
    tokens, mask, labels = queries
    arrays = {
        "input.clips": videos.clips,
        "input.query": tokens,
        "input.query_mask": mask.float(),
        "input.labels": labels,
    }
    if model.recipe.query_form == "sentence":
        arrays["input.query"] = tokens[:, 0]
        del arrays["input.query_mask"]
    for name, parameter in model.named_parameters():
        module, _, leaf = name.rpartition(".")
        arrays[f"weights.{model.AUTHOR_NAMES[module]}.{leaf}"] = parameter.detach()
    parts = ({name.removeprefix(prefix): arrays[name] for name in arrays if name.startswith(prefix)}
             for prefix in ("weights.", "input."))  # fmt: skip
    with torch.inference_mode():
        for name, tensor in amdnet_results(*parts, {}).items():
            arrays[f"expect.{name}"] = tensor
    np.savez(path, **{name: tensor.numpy() for name, tensor in arrays.items()} | changes)
    return path


@pytest.mark.parametrize("name", ["amdnet_sentence", "gmmformer", "ms_sl"])
def test_every_model_equals_its_authors_numbers(parity, name):
    found = command.errors(parity / f"{name}.npz")
    with np.load(parity / f"{name}.npz") as file:
        expected = {name for name in file.files if name.startswith("expect.")}
        rounding = {name.split("grad_norm.")[1] for name in expected if "grad_norm." in name and file[name] < 1e-4}
    left_out = {f"expect.{kind}.{name}" for kind in ("grad", "grad_norm") for name in rounding} & expected
    assert set(found) == expected - left_out and all(name.endswith("key.bias") for name in rounding)
    assert not {name: error for name, error in found.items() if error > command.tolerance(name)}


def test_tolerances_are_wider_for_gradients_and_training_only():
    names = ("expect.clips", "expect.tvr.total", "expect.grad.a.bias", "expect.grad_norm.a", "expect.trajectory_total")
    assert [command.tolerance(name) for name in names] == [1e-5, 1e-5, 1e-4, 1e-4, 5e-4]


@pytest.mark.parametrize("changes", [
    {"query_form": "token"},
    {"query_form": "sentence", "moments": 2},
    {"query_form": "token", "moments": 8, "hidden": 48},
])  # fmt: skip
def test_dimensions_come_from_the_fixture(tmp_path, make_model, videos, queries, changes):
    fixture = fixture_of(make_model(**changes), videos, queries, tmp_path / "own.npz")
    assert set(command.errors(fixture).values()) == {0.0}


def test_exit_status(tmp_path, make_model, videos, queries):
    good = run(fixture_of(make_model(), videos, queries, tmp_path / "good.npz"))
    assert good.returncode == 0 and json.loads(good.stdout)["expect.video"] == 0

    changes = {"expect.global": np.ones((5, 32), np.float32)}
    bad = run(fixture_of(make_model(), videos, queries, tmp_path / "bad.npz", **changes))
    assert bad.returncode == 1 and json.loads(bad.stdout)["expect.global"] > 1e-5

    np.savez(tmp_path / "unknown.npz", **{"weights.some.weight": np.ones(2), "expect.thing": np.ones(2)})
    unknown = run(tmp_path / "unknown.npz")
    assert unknown.returncode == 2 and "no model known here" in unknown.stderr and not unknown.stdout


def test_a_wrong_shape_or_a_nan_is_an_infinite_error():
    assert command.relative_error(torch.ones(2), torch.ones(1, 2)) == float("inf")
    assert command.relative_error(torch.tensor([float("nan")]), torch.ones(1)) == float("inf")
    assert command.relative_error(torch.zeros(1), torch.zeros(1)) == 0


def test_integers_must_be_equal():
    assert command.relative_error(torch.tensor([3, 1000]), torch.tensor([3, 1000])) == 0
    assert command.relative_error(torch.tensor([3, 1000]), torch.tensor([3, 1001])) == float("inf")


@pytest.mark.parametrize("name", ["missing.npz", "text.npz"])
def test_what_is_no_fixture_is_named(tmp_path, name):
    (tmp_path / "text.npz").write_text("not an archive")
    with pytest.raises(PipelineError, match=name):
        command.errors(tmp_path / name)


def test_an_expectation_the_model_lacks_is_named(tmp_path, make_model, videos, queries):
    changes = {"expect.frame": np.ones(2, np.float32)}
    with pytest.raises(PipelineError, match="frame"):
        command.errors(fixture_of(make_model(), videos, queries, tmp_path / "more.npz", **changes))
