"""The authors' state dicts: found in any of the usual files, fitted by name, refused with a list of what is wrong."""

import argparse

import pytest
import torch
from safetensors.torch import save_file

from pipeline.errors import PipelineError
from pipeline.models.author_weights import author_name_of, load_author_weights, read_author_weights


@pytest.fixture
def state(make_model):
    """A model's weights under the authors' names, the position tables longer than ours."""
    renamed = {}
    for name, parameter in make_model().named_parameters():
        module, _, leaf = name.rpartition(".")
        tensor = parameter.detach()
        longer = torch.cat([tensor, torch.ones(5, tensor.shape[1])]) if module.endswith("table") else tensor
        renamed[f"{make_model().AUTHOR_NAMES[module]}.{leaf}"] = longer
    return renamed


@pytest.mark.parametrize("wrap", [
    lambda state: state,
    lambda state: {"model": state, "epoch": 3},
    lambda state: {"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}, "lr": 0.1},
    lambda state: {"checkpoint": {"model_state": state}},
])  # fmt: skip
def test_a_torch_file_in_any_wrapping(tmp_path, state, wrap):
    torch.save(wrap(state), tmp_path / "best.ckpt")
    read = read_author_weights(tmp_path / "best.ckpt")
    assert read.keys() == state.keys() and all(torch.equal(read[name], state[name]) for name in state)


def test_a_safetensors_file(tmp_path, state):
    save_file(state, tmp_path / "best.safetensors")
    assert read_author_weights(tmp_path / "best.safetensors").keys() == state.keys()


def test_a_file_that_would_run_code_is_refused(tmp_path, state):
    torch.save({"model": state, "config": argparse.Namespace(lr=0.1)}, tmp_path / "best.ckpt")
    with pytest.raises(PipelineError, match="could run any code"):
        read_author_weights(tmp_path / "best.ckpt")


def test_a_file_without_weights_is_refused(tmp_path):
    torch.save({"epoch": 3}, tmp_path / "best.ckpt")
    with pytest.raises(PipelineError, match="no state dict"):
        read_author_weights(tmp_path / "best.ckpt")


def test_loading_cuts_position_tables_and_ignores_what_the_model_lacks(make_model, state):
    model = make_model()
    expected = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    load_author_weights(model, {**state, "frame_encoder.unused.weight": torch.ones(1)})
    assert all(torch.equal(tensor, expected[name]) for name, tensor in model.state_dict().items())


def test_everything_that_does_not_fit_is_named(make_model, state):
    del state["clip_encoder.fc_gauss.bias"]
    state["query_input_proj.net.1.weight"] = torch.ones(32, 11)
    with pytest.raises(PipelineError) as raised:
        load_author_weights(make_model(), state)
    assert "clip_encoder.fc_gauss.bias is missing" in str(raised.value)
    assert "query_input_proj.net.1.weight is (32, 11), not (32, 10)" in str(raised.value)


@pytest.mark.parametrize("name", ["amdnet", "gmmformer", "ms_sl"])
def test_every_parameter_has_its_own_author_name(make_model, name):
    model = make_model(name)
    names = [author_name_of(model, parameter) for parameter, _ in model.named_parameters()]
    assert len(set(names)) == len(names)
    renamed = dict(zip(names, (parameter.detach().clone() for parameter in model.parameters()), strict=True))
    other = make_model(name)
    for parameter in other.parameters():
        torch.nn.init.zeros_(parameter)
    load_author_weights(other, renamed)
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(model.parameters(), other.parameters(), strict=True))
