"""Loading a two-tower model: both sides as transformers gives them, and one clear error for whatever is wrong."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from helpers.clip import clip_params, preprocessing, write_model
from pydantic import ValidationError
from safetensors.torch import load_file, save_file

from pipeline.backbones.clip.load import ClipModel, load_clip, weights_id
from pipeline.core.errors import PipelineError
from pipeline.core.files import sha256_file

CPU = torch.device("cpu")
ROOT = Path(__file__).resolve().parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module", params=["clip", "siglip"])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def written(tmp_path_factory, kind):
    """A folder of a tiny model, and the model."""
    folder = tmp_path_factory.mktemp(kind)
    return folder, write_model(folder, kind)


@pytest.fixture
def copied(written, tmp_path) -> Path:
    """A copy of the folder, to be damaged."""
    for path in written[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def use(folder: Path) -> None:
    model = load_clip(clip_params(folder))
    model.text(CPU)
    model.images()


def test_images_are_those_of_the_two_tower_model(written):
    folder, whole = written
    images = load_clip(clip_params(folder)).images().eval()
    pictures = torch.randint(0, 256, (3, 32, 32, 3), dtype=torch.uint8)
    content = preprocessing(whole.config)
    mean, std = (torch.tensor(content[name]).view(3, 1, 1) for name in ("image_mean", "image_std"))
    with torch.inference_mode():
        output = whole.get_image_features((pictures.permute(0, 3, 1, 2) / 255 - mean) / std)
        found = images(pictures)
    torch.testing.assert_close(found, F.normalize(output.pooler_output, dim=1), atol=2e-6, rtol=0)
    assert found.shape == (3, load_clip(clip_params(folder)).text(CPU).size)


def test_weights_are_named_by_their_hash_and_texts_by_the_same(written):
    folder, _ = written
    model = load_clip(clip_params(folder))
    assert model.weights == weights_id(clip_params(folder)) == f"sha256:{sha256_file(folder / 'model.safetensors')}"
    assert model.text(CPU).provenance["weights"] == model.weights
    assert weights_id(clip_params()) == load_clip(clip_params()).weights == "random (seed 0)"


def test_half_precision_files_are_read_as_float32(copied):
    path = copied / "model.safetensors"
    save_file({name: tensor.half() for name, tensor in load_file(path).items()}, path, {"format": "pt"})
    model = load_clip(clip_params(copied))
    assert {tensor.dtype for tensor in model.images().state_dict().values()} == {torch.float32}
    assert model.text(CPU).sentence("the door").dtype == np.float32


def test_random_model_is_the_same_every_time_and_leaves_the_seed_alone():
    torch.manual_seed(3)
    first, drawn = load_clip(clip_params()).images().state_dict(), torch.rand(1)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(1), drawn)
    second = load_clip(clip_params()).images().state_dict()
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())


FILES = ["config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [b"", b"text", b"[1, 2]", b"{}", b"\xff\xfe\x00", b"null", b'{"a": NaN}', None])
def test_files_of_something_else_are_named(copied, name, content):
    (copied / name).unlink()
    if content is not None:
        (copied / name).write_bytes(content)
    if name == "preprocessor_config.json" and content in (b"{}", b'{"a": NaN}'):
        pytest.skip("a processor without values has those of its class, which another test holds against the model")
    with pytest.raises(PipelineError) as caught:
        use(copied)
    assert str(copied) in str(caught.value) and name in str(caught.value) and caught.value.fix


def damage(tensors, name, how):
    tensor = tensors[name]
    changed = {
        "not finite": lambda: tensor.masked_fill(torch.arange(tensor.numel()).view(tensor.shape) == 3, torch.nan),
        "whole numbers": lambda: torch.ones(tensor.shape, dtype=torch.int64),
        "complex": lambda: torch.ones(tensor.shape, dtype=torch.complex64),
        "another shape": lambda: tensor[:-1].contiguous(),
    }
    return tensors | {name: changed[how]()} if how != "missing" else {k: v for k, v in tensors.items() if k != name}


@pytest.mark.parametrize("side", ["text", "vision"])
@pytest.mark.parametrize("how", ["missing", "not finite", "whole numbers", "complex", "another shape"])
def test_weights_that_are_not_the_models_are_refused(copied, side, how):
    path = copied / "model.safetensors"
    tensors = load_file(path)
    name = next(name for name in sorted(tensors) if name.startswith(f"{side}_model") and name.endswith("fc1.weight"))
    save_file(damage(tensors, name, how), path, {"format": "pt"})
    with pytest.raises(PipelineError, match="cannot be read as the model's weights") as caught:
        use(copied)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "roberta"}, "'roberta', none of 'clip', 'siglip'"),
        ({"model_type": "siglip2"}, "fixed resolution"),
        ({"model_type": ["clip"]}, "none of"),
        ({"text_config": []}, "configuration"),
        ({"vision_config": {"image_size": [32, 32]}}, "config.json"),
        ({"vision_config": {"patch_size": 0}}, ""),
        ({"vision_config": {"hidden_size": "wide"}}, "config.json"),
        ({"text_config": {"num_attention_heads": 7}}, ""),
        ({"text_config": {"hidden_act": "no such function"}}, ""),
        ({"text_config": {"max_position_embeddings": 10**9}}, ""),
    ],
)
def test_other_architectures_are_refused(copied, change, said):
    path = copied / "config.json"
    content = json.loads(path.read_text())
    for name, value in change.items():
        content[name] = {**content[name], **value} if isinstance(value, dict) else value
    path.write_text(json.dumps(content))
    with pytest.raises(PipelineError, match=str(copied)) as caught:
        use(copied)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("tokenizer_config.json", {"eos_token": "<none such>"}, "eos_token"),
        ("tokenizer_config.json", {"eos_token": None}, "eos_token"),
        ("tokenizer_config.json", {"eos_token": 7}, "eos_token"),
        ("tokenizer_config.json", {"eos_token": {"content": ["a"]}}, "eos_token"),
    ],
)
def test_special_tokens_must_be_the_tokenizers(copied, file, change, said):
    content = json.loads((copied / file).read_text())
    (copied / file).write_text(json.dumps(content | change))
    with pytest.raises(PipelineError, match=said):
        use(copied)


def test_tokenizer_of_another_model_is_refused(copied, kind):
    """Its ids would be those of no token, or its end one at which the tower does not look."""
    path = copied / "config.json"
    content = json.loads(path.read_text())
    content["text_config"]["vocab_size"] = 100
    path.write_text(json.dumps(content))
    tensors = load_file(copied / "model.safetensors")
    name = next(name for name in tensors if name.endswith("token_embedding.weight"))
    save_file(tensors | {name: tensors[name][:100].contiguous()}, copied / "model.safetensors", {"format": "pt"})
    with pytest.raises(PipelineError, match="tokenizer"):
        use(copied)


def test_end_of_text_must_be_where_clip_looks(copied, kind):
    if kind == "siglip":
        pytest.skip("SigLIP looks at the last place")
    path = copied / "config.json"
    content = json.loads(path.read_text())
    content["text_config"]["eos_token_id"] = 17
    path.write_text(json.dumps(content))
    with pytest.raises(PipelineError, match="end of a text"):
        use(copied)


def test_folders_that_are_none_and_models_without_a_commit(tmp_path):
    with pytest.raises(PipelineError, match="does not exist"):
        load_clip(clip_params(tmp_path / "none"))
    with pytest.raises(
        ValidationError, match="none. must be the 40 digits .*docs/clip.md.*/openai/clip-vit-base-patch32/commits/main"
    ):
        clip_params("openai/clip-vit-base-patch32")
    with pytest.raises(ValidationError, match="must be `none` with `model: random`"):
        clip_params("random", revision=COMMIT)
    assert clip_params("openai/clip-vit-base-patch32", revision=COMMIT).on_hub
    assert not clip_params("./models/clip").on_hub and not clip_params("~/clip").on_hub


def test_weights_in_parts_are_joined_as_the_documentation_shows(written, copied, monkeypatch):
    (copied / "model.safetensors").unlink()
    written[1].save_pretrained(copied, max_shard_size="100KB")
    assert len(list(copied.glob("model-*-of-*.safetensors"))) > 1
    with pytest.raises(PipelineError, match="model.safetensors.index.json lists") as caught:
        use(copied)
    assert str(copied) in str(caught.value) and "docs/clip.md" in str(caught.value)
    shown = (ROOT / "docs" / "clip.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    exec(shown.replace("models/own", str(copied)))
    assert load_clip(clip_params(copied)).text(CPU).sentence("the door") == pytest.approx(
        load_clip(clip_params(written[0])).text(CPU).sentence("the door"), abs=1e-6
    )


def test_code_of_a_model_is_never_run(copied):
    """A configuration may name code of the model's own repository."""
    marker = copied / "run"
    (copied / "own.py").write_text(f"open({str(marker)!r}, 'w')\n")
    for name in ("config.json", "tokenizer_config.json", "preprocessor_config.json"):
        content = json.loads((copied / name).read_text())
        (copied / name).write_text(
            json.dumps(content | {"auto_map": {"AutoModel": "own.Own", "AutoConfig": "own.Own"}})
        )
    use(copied)
    assert not marker.exists()


def test_a_side_is_read_only_when_it_is_asked_for(copied):
    (copied / "model.safetensors").write_bytes(b"text")
    assert isinstance(load_clip(clip_params(copied)), ClipModel)
