"""The fast ways to call a backbone: equal to the plain one, the same from call to call, and pooled in float32."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.backbones.common.encoder import Encoder, Float32, batch_of, run
from pipeline.backbones.common.weights import Weights
from pipeline.backbones.resnet import network as resnet
from pipeline.backbones.slowfast import network as slowfast
from pipeline.core.errors import PipelineError

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
    threads = torch.get_num_threads()
    seen: dict[int, list[torch.Tensor]] = {}
    try:
        for count in (4, 1, 3, 3, 1, 4):
            torch.set_num_threads(1 + len(seen) % 2)
            seen.setdefault(count, []).append(frozen(units[:count]))
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(*rows) for rows in seen.values())


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
