"""The parity command: the authors' numbers within 1e-5, and its exit status for every kind of fixture."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.corpus.videos import Videos
from pipeline.models.amdnet import authors as amdnet_authors
from pipeline.models.amdnet.model import AMDNet
from tools.authors import parity as command
from tools.authors.weights import author_name_of


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
        arrays[f"weights.{author_name_of(amdnet_authors.NAMES, name)}"] = parameter.detach()
    parts = ({name.removeprefix(prefix): arrays[name] for name in arrays if name.startswith(prefix)}
             for prefix in ("weights.", "input."))  # fmt: skip
    for name, tensor in command.results_of(amdnet_authors, *parts, {}).items():
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


def test_exit_status(tmp_path, make_model, videos, queries, amdnet):
    good = amdnet("parity", fixture_of(make_model(), videos, queries, tmp_path / "good.npz"))
    assert good.exit_code == 0 and json.loads(good.stdout)["expect.video"] == 0

    changes = {"expect.global": np.ones((5, 32), np.float32)}
    bad = amdnet("parity", fixture_of(make_model(), videos, queries, tmp_path / "bad.npz", **changes))
    assert bad.exit_code == 3 and json.loads(bad.stdout)["expect.global"] > 1e-5

    np.savez(tmp_path / "unknown.npz", **{"weights.some.weight": np.ones(2), "expect.thing": np.ones(2)})
    unknown = amdnet("parity", tmp_path / "unknown.npz")
    assert unknown.exit_code == 1 and "no model known here" in unknown.stderr and not unknown.stdout


def test_a_wrong_shape_or_a_nan_is_an_infinite_error():
    assert command.relative_error(torch.ones(2), torch.ones(1, 2)) == float("inf")
    assert command.relative_error(torch.tensor([float("nan")]), torch.ones(1)) == float("inf")
    assert command.relative_error(torch.zeros(1), torch.zeros(1)) == 0


def test_integers_must_be_equal():
    assert command.relative_error(torch.tensor([3, 1000]), torch.tensor([3, 1000])) == 0
    assert command.relative_error(torch.tensor([3, 1000]), torch.tensor([3, 1001])) == float("inf")


@pytest.mark.parametrize("content", [None, b"", b"not an archive", b"PK\x03\x04 cut", "newer"])
def test_what_is_no_fixture_is_named_in_one_message(tmp_path, amdnet, content):
    if content == "newer":
        np.savez(tmp_path / "some.npz", array=np.ones(3))
        content = (tmp_path / "some.npz").read_bytes().replace(b"PK\x01\x02\x2d\x03\x2d", b"PK\x01\x02\x2d\x03\x9d")
    if content is not None:
        (tmp_path / "some.npz").write_bytes(content)
    done = amdnet("parity", tmp_path / "some.npz")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"\nERROR: {tmp_path / 'some.npz'}: not a readable .npz file: ")


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"expect.frame": np.ones(2, np.float32)}, "unknown results: frame"),
        ({"input.clips": np.ones((5, 12, 21), np.float32)}, "do not fit"),
        ({"weights.clip_encoder.fc_gauss.bias": np.ones(3, np.float32)}, "fc_gauss.bias is"),
        ({"input.labels": None}, "it lacks 'labels'"),
        ({"weights.clip_input_proj.LayerNorm.bias": None}, "LayerNorm.bias is missing"),
    ],
)
def test_a_fixture_that_does_not_fit_the_model_is_named(tmp_path, make_model, videos, queries, amdnet, changes, cause):
    changes = {name: np.array("left out") if array is None else array for name, array in changes.items()}
    done = amdnet("parity", fixture_of(make_model(), videos, queries, tmp_path / "own.npz", **changes))
    assert done.exit_code == 1 and cause in done.stderr and "own.npz: " in done.stderr
