"""The text side by itself: the same features to the last bit, the same bytes, and one clear error for damage."""

import json

import numpy as np
import pytest
import torch
from helpers.clip import clip_params, write_model
from safetensors.torch import load_file, save_file

from pipeline.backbones.clip.load import load_clip
from pipeline.backbones.clip.saved import open_text, save_text
from pipeline.core.errors import PipelineError

CPU = torch.device("cpu")
FILES = ["model.safetensors", "text.json", "tokenizer.json"]


@pytest.fixture(scope="module", params=["random", "clip", "siglip"])
def text(request, tmp_path_factory):
    folder = "random"
    if request.param != "random":
        folder = tmp_path_factory.mktemp(request.param)
        write_model(folder, request.param)
    return load_clip(clip_params(folder)).text(CPU)


@pytest.fixture
def saved(text, tmp_path):
    save_text(tmp_path / "text", text)
    return tmp_path / "text"


def test_opened_side_gives_the_same_bits(text, saved):
    opened = open_text(saved, CPU)
    for each in ("The door, É!", "two people open the door " * 20, ""):
        assert np.array_equal(opened.sentence(each), text.sentence(each))
        assert np.array_equal(opened.tokens(each), text.tokens(each))
    assert opened.provenance == text.provenance and opened.weights == text.weights
    assert sorted(path.name for path in saved.iterdir()) == FILES


def test_images_are_not_in_it(text, saved):
    stored = sum(tensor.numel() for tensor in load_file(saved / "model.safetensors").values())
    assert stored == sum(tensor.numel() for tensor in text.network.state_dict().values())


def test_equal_sides_give_equal_bytes(saved, tmp_path):
    save_text(tmp_path / "again", open_text(saved, CPU))
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (saved / name).read_bytes()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [b"", b"text", b"[1]", b"{}", b"\xff\xfe", None])
def test_damaged_files_are_refused(saved, name, content):
    (saved / name).unlink()
    if content is not None:
        (saved / name).write_bytes(content)
    with pytest.raises(PipelineError, match=str(saved)) as caught:
        open_text(saved, CPU)
    assert "dvc repro query_text" in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"kind": "bert"},
        {"weights": "sha256:0"},
        {"end": 3},
        {"config": {}},
        {"config": {"hidden_size": 10**9}},
        {"provenance": {}},
        {"tower_sha256": "0"},
        {"more": 1},
    ],
)
def test_header_of_another_side_is_refused(saved, change):
    header = json.loads((saved / "text.json").read_text())
    (saved / "text.json").write_text(json.dumps(header | change))
    with pytest.raises(PipelineError, match=str(saved)):
        open_text(saved, CPU)


def test_other_weights_are_refused(saved):
    path = saved / "model.safetensors"
    save_file({name: tensor + 1 for name, tensor in load_file(path).items()}, path, {"format": "pt"})
    with pytest.raises(PipelineError, match="not the weights that were saved"):
        open_text(saved, CPU)
