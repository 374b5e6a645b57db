"""The authors' checkpoints: found in any of the usual files, put in the place of our weights by one command."""

import argparse
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256_file
from pipeline.models.common import checkpoint
from tools.authors.checkpoint import read_author_weights, replace_weights


@pytest.mark.parametrize("wrap", [
    lambda state: state,
    lambda state: {"model": state, "epoch": 3},
    lambda state: {"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}, "lr": 0.1},
    lambda state: {"checkpoint": {"model_state": state}},
])  # fmt: skip
def test_a_torch_file_in_any_wrapping(tmp_path, author_state, wrap):
    torch.save(wrap(author_state), tmp_path / "best.ckpt")
    read = read_author_weights(tmp_path / "best.ckpt")
    assert read.keys() == author_state.keys()
    assert all(torch.equal(read[name], author_state[name]) for name in author_state)


def test_a_safetensors_file(tmp_path, author_state):
    save_file(author_state, tmp_path / "best.safetensors")
    assert read_author_weights(tmp_path / "best.safetensors").keys() == author_state.keys()


def test_a_file_that_would_run_code_is_refused(tmp_path, author_state):
    torch.save({"model": author_state, "config": argparse.Namespace(lr=0.1)}, tmp_path / "best.ckpt")
    with pytest.raises(PipelineError, match="argparse.Namespace, which could run any code"):
        read_author_weights(tmp_path / "best.ckpt")


def test_a_file_without_weights_is_refused(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "best.ckpt")
    with pytest.raises(PipelineError, match="no state dict"):
        read_author_weights(tmp_path / "best.ckpt")


@pytest.mark.parametrize(
    "name", ["missing.ckpt", "folder", "empty.ckpt", "text.ckpt", "cut.ckpt", "old.ckpt", "cut.safetensors"]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, author_state, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.ckpt").touch()
    (tmp_path / "text.ckpt").write_text("no checkpoint")
    torch.save(author_state, tmp_path / "old.ckpt", _use_new_zipfile_serialization=False)
    (tmp_path / "old.ckpt").write_bytes((tmp_path / "old.ckpt").read_bytes().replace(b"clip", b"\xff\xff\xff\xff"))
    torch.save(author_state, tmp_path / "cut.ckpt")
    save_file(author_state, tmp_path / "cut.safetensors")
    for cut in ("cut.ckpt", "cut.safetensors"):
        (tmp_path / cut).write_bytes((tmp_path / cut).read_bytes()[:1000])
    with pytest.raises(PipelineError, match=f"{name}: cannot be read: ."):
        read_author_weights(tmp_path / name)


@pytest.fixture
def trained(tmp_path, make_model):
    """trained(model, normalize="stream") -> the folder of a project with this model in outputs/model."""

    def save(model, name: str = "amdnet", normalize: str = "stream") -> Path:
        config = {
            "model": name,
            "video_size": 20,
            "query_size": 10,
            "subtitle_size": 0,
            "max_query_tokens": 9,
            "seed": 3,
        }
        config |= {"recipe": model.recipe.model_dump(), "features": {"streams": ["pack"], "normalize": normalize}}
        checkpoint.save(tmp_path / "outputs/model", model, config)
        return tmp_path

    return save


@torch.inference_mode()
def test_the_command_gives_a_trained_model_the_authors_weights(
    make_model, videos, author_state, trained, amdnet, monkeypatch
):
    other = make_model()
    for parameter in other.parameters():
        parameter.zero_()
    folder = trained(other)
    torch.save({"model": author_state, "epoch": 3}, folder / "best.ckpt")
    monkeypatch.chdir(folder)
    done = amdnet("import-checkpoint", "best.ckpt")
    assert done.exit_code == 0 and "dvc commit --force train && dvc repro" in done.stdout
    model, config = checkpoint.load(folder / "outputs/model")
    assert torch.equal(model.encode_video(videos).video, make_model().encode_video(videos).video)
    assert config["author_weights"] == {"file": "best.ckpt", "sha256": sha256_file(folder / "best.ckpt")}
    assert config["seed"] == 3


def test_weights_of_another_size_change_nothing_and_are_named(make_model, author_state, trained):
    folder = trained(make_model(hidden=16))
    before = (folder / "outputs/model/model.safetensors").read_bytes()
    torch.save(author_state, folder / "best.ckpt")
    with pytest.raises(PipelineError, match="best.ckpt: not the weights of this AMDNet.*\n.*recipe"):
        replace_weights(folder / "best.ckpt", folder / "outputs/model")
    assert (folder / "outputs/model/model.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "normalize", "cause"), [("amdnet", "standard", "length 1.*\n.*stream"), ("cca", "stream", "no authors")]
)
def test_a_model_that_the_authors_code_does_not_make_is_refused(make_model, trained, name, normalize, cause):
    folder = trained(make_model(name), name, normalize)
    with pytest.raises(PipelineError, match=cause):
        replace_weights(folder / "best.ckpt", folder / "outputs/model")


def test_without_a_trained_model_or_a_checkpoint_the_file_is_named(tmp_path, make_model, trained, amdnet, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = amdnet("import-checkpoint", "best.ckpt")
    assert done.exit_code == 1 and done.stderr.startswith("\nERROR: outputs/model/config.json: the file does not exist")
    trained(make_model())
    before = {path: path.read_bytes() for path in (tmp_path / "outputs/model").iterdir()}
    done = amdnet("import-checkpoint", "best.ckpt")
    assert done.exit_code == 1 and done.stderr.startswith("\nERROR: best.ckpt: cannot be read: No such file")
    assert {path: path.read_bytes() for path in (tmp_path / "outputs/model").iterdir()} == before
