"""A saved model comes back whole, and what does not fit is named."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, write_json
from pipeline.models.common import checkpoint


def config_of(model) -> dict:
    sizes = {"video_size": 20, "query_size": 10, "subtitle_size": 0, "max_query_tokens": 9}
    return {"model": "amdnet", **sizes, "recipe": model.recipe.model_dump(), "seed": 3}


@pytest.mark.parametrize("form", ["token", "sentence"])
@torch.inference_mode()
def test_round_trip(tmp_path, make_model, videos, form):
    model = make_model(query_form=form)
    checkpoint.save(tmp_path, model, config_of(model))
    loaded, config = checkpoint.load(tmp_path)
    assert config == config_of(model) and not loaded.training and loaded.recipe == model.recipe
    assert torch.equal(loaded.encode_video(videos).video, model.encode_video(videos).video)


def test_equal_weights_give_equal_bytes(tmp_path, make_model):
    for name in ("one", "two"):
        checkpoint.save(tmp_path / name, make_model(), config_of(make_model()))
    assert (tmp_path / "one/model.safetensors").read_bytes() == (tmp_path / "two/model.safetensors").read_bytes()


def test_weights_of_another_size_are_an_error(tmp_path, make_model):
    checkpoint.save(tmp_path, make_model(), config_of(make_model()))
    write_json(tmp_path / "config.json", {**read_json(tmp_path / "config.json"), "video_size": 21})
    with pytest.raises(PipelineError, match=r"model\.safetensors: not the weights of config\.json"):
        checkpoint.load(tmp_path)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(tmp_path, make_model, name):
    checkpoint.save(tmp_path, make_model(), config_of(make_model()))
    (tmp_path / name).unlink()
    with pytest.raises(PipelineError, match=f"{name}: the file does not exist"):
        checkpoint.load(tmp_path)


@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (lambda tensor: tensor.index_fill(0, torch.tensor([0]), torch.nan), "not finite"),
        (lambda tensor: tensor.index_fill(0, torch.tensor([0]), torch.inf), "not finite"),
        (lambda tensor: tensor.half(), "another type of numbers"),
        (lambda tensor: tensor.to(torch.complex64), "another type of numbers"),
        (lambda tensor: tensor.long(), "another type of numbers"),
    ],
)
def test_weights_that_are_no_finite_numbers_of_the_model_s_type_are_named(tmp_path, make_model, damage, cause):
    checkpoint.save(tmp_path, make_model(), config_of(make_model()))
    path = tmp_path / checkpoint.WEIGHTS
    weights = load_file(path)
    name = next(iter(weights))
    save_file({**weights, name: damage(weights[name])}, path)
    with pytest.raises(PipelineError, match=f"not the weights of config.json: {name} .*{cause}") as caught:
        checkpoint.load(tmp_path)
    assert caught.value.where == path and "amdnet repair" in caught.value.fix


@pytest.mark.parametrize(
    "config",
    [[], None, "text", {}, {"model": "none"}, {"model": 3}, {"recipe": {}}, {"recipe": None},
     {"video_size": "20"}, {"video_size": -1}, {"query_size": 1 << 60}, {"max_query_tokens": 2.5}],
)  # fmt: skip
def test_a_configuration_that_describes_no_model_is_named(tmp_path, make_model, config):
    whole = config_of(make_model())
    checkpoint.save(tmp_path, make_model(), whole)
    write_json(tmp_path / checkpoint.CONFIG, {**whole, **config} if isinstance(config, dict) and config else config)
    with pytest.raises(PipelineError):
        checkpoint.load(tmp_path)
