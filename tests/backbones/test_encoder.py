"""The fast ways to call a backbone: equal to the plain one, the same from call to call, and pooled in float32."""

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.clip import B32, configuration, preprocessing
from torch import nn

from pipeline.backbones.clip.images import ClipImages
from pipeline.backbones.clip.kinds import kind_of
from pipeline.backbones.clip.preprocessing import parse_preprocessing
from pipeline.backbones.common.encoder import Encoder, Float32, batch_of, run
from pipeline.backbones.common.weights import Weights
from pipeline.backbones.resnet import network as resnet
from pipeline.backbones.slowfast import network as slowfast
from pipeline.core.errors import PipelineError
from pipeline.core.runtime import threads

RANDOM = Weights("random (seed 0)", None)
SHAPES = {"slowfast": (32, 48, 48, 3), "resnet": (48, 85, 3)}
on_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


@pytest.fixture(scope="module", params=["slowfast", "resnet"])
def backbone(request) -> tuple[str, nn.Module, torch.Tensor]:
    model = {"slowfast": slowfast.SlowFast, "resnet": resnet.ResNet152}[request.param](RANDOM)
    shape = SHAPES[request.param]
    units = np.random.default_rng(0).integers(0, 256, (4, *shape), dtype=np.uint8)
    return request.param, model, torch.from_numpy(units)


def encoder(backbone, device: str, precision: str, monkeypatch) -> Encoder:
    monkeypatch.setenv("AMDNET_DEVICE", device)
    name, model, units = backbone
    return Encoder(model, torch.zeros_like(units[:1, ..., :32, :32, :]), precision, name)


def test_a_frozen_network_gives_what_the_network_gives(backbone, monkeypatch):
    _, model, units = backbone
    frozen = encoder(backbone, "cpu", "float32", monkeypatch)
    with torch.inference_mode():
        expected = model(units)
    assert (frozen(units) - expected).abs().max() < 1e-5 * expected.abs().max()


def test_calls_before_and_threads_change_no_bit(backbone, monkeypatch):
    _, _, units = backbone
    frozen = encoder(backbone, "cpu", "float32", monkeypatch)
    seen: dict[int, list[torch.Tensor]] = {}
    for number, count in enumerate((4, 1, 3, 3, 1, 4)):
        with threads(1 + number % 2):
            seen.setdefault(count, []).append(frozen(units[:count]))
    assert all(torch.equal(*rows) for rows in seen.values())


@pytest.fixture(scope="module")
def transformer() -> nn.Module:
    """Two layers of ViT-B/32, of random weights."""
    config = configuration(B32, layers=2)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        tower = kind_of("clip").images(config.vision_config)
    return ClipImages(tower, "clip", parse_preprocessing(preprocessing(config), "clip", 224, Path("."))).eval()


@pytest.mark.parametrize("count", [1, 2, 5, 6, 7, 16])
def test_threads_change_no_bit_of_a_transformers_rows(transformer, count, monkeypatch):
    monkeypatch.setenv("AMDNET_DEVICE", "cpu")
    encode = Encoder(transformer, None, "float32", "clip")
    units = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (count, 224, 224, 3), dtype=np.uint8))
    seen = []
    for number in (1, 2, 3, 2):
        with threads(number):
            seen.append(encode(units))
    assert all(torch.equal(seen[0], rows) for rows in seen)
    with torch.inference_mode():
        assert torch.allclose(seen[0], transformer(units), atol=1e-6)


def test_bfloat16_is_refused_on_a_cpu(backbone, monkeypatch):
    with pytest.raises(PipelineError, match="precision: bfloat16` needs a GPU") as caught:
        encoder(backbone, "cpu", "bfloat16", monkeypatch)
    assert backbone[0] in caught.value.fix


def test_maps_of_bfloat16_are_pooled_in_float32():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), Float32(), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()
    images = torch.rand(2, 3, 9, 9)
    with torch.inference_mode():
        rows = run(model, images, half=True)
        with torch.autocast("cpu", torch.bfloat16):
            maps = model[0](images)
        plain = run(model, images, half=False)
    assert maps.dtype == torch.bfloat16 and rows.dtype == torch.float32
    assert torch.allclose(rows, maps.float().mean((2, 3)), atol=1e-7)
    assert not torch.equal(rows, rows.bfloat16().float()) and not torch.equal(rows, plain)


def test_float32_is_not_tf32():
    class Asks(nn.Module):
        def forward(self, units):
            return torch.tensor([torch.backends.cudnn.enabled, torch.backends.cudnn.allow_tf32])

    before = torch.backends.cudnn.allow_tf32
    assert run(Asks(), torch.zeros(1), half=False).tolist() == [True, False]
    assert torch.backends.cudnn.allow_tf32 == before


def test_a_batch_holds_its_units_in_order():
    units = list(np.random.default_rng(0).integers(0, 256, (3, 5, 4, 3), dtype=np.uint8))
    assert np.array_equal(batch_of(units).numpy(), np.stack(units))


@on_gpu
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-3), ("bfloat16", 5e-2)])
def test_a_gpu_gives_what_the_cpu_gives(backbone, precision, tolerance, monkeypatch):
    name, model, units = backbone
    expected = encoder(backbone, "cpu", "float32", monkeypatch)(units)
    fast = encoder((name, deepcopy(model), units), "cuda", precision, monkeypatch)  # it moves what it is given
    batches = [batch_of(list(units.numpy()[:count])) for count in (4, 2, 4, 1, 4)]  # more than may be in flight
    assert batches[0].is_pinned()
    for batch, rows in [(batch, fast(batch)) for batch in batches]:
        rows = rows.cpu()
        assert rows.dtype == torch.float32
        assert (rows - expected[: len(batch)]).abs().max() < tolerance * expected.abs().max()
