"""SlowFast R50 8x8 as a clip encoder, against pytorchvideo's own network."""

import numpy as np
import pytest
import torch

from pipeline.backbones.common.weights import Weights, build
from pipeline.backbones.slowfast import network as slowfast
from pipeline.backbones.slowfast.params import SlowFastParams

RANDOM = Weights("random (seed 0)", None)


@pytest.fixture(scope="module")
def model() -> slowfast.SlowFast:
    return slowfast.SlowFast(RANDOM)


@pytest.fixture(scope="module")
def clips() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 32, 32, 32, 3), dtype=np.uint8))


@torch.inference_mode()
def test_it_is_the_hub_network_before_its_classifier(model, clips):
    network = build(RANDOM, slowfast.classifier)
    network.blocks[-1] = torch.nn.Identity()
    pixels = ((clips.float() / 255 - 0.45) / 0.225).permute(0, 4, 1, 2, 3)
    slow = pixels[:, :, [0, 4, 8, 13, 17, 22, 26, 31]]
    expected = network([slow, pixels.clone()]).flatten(1)
    assert expected.shape == (3, SlowFastParams.SIZE)
    assert (model(clips) - expected).abs().max() < 1e-5 * expected.abs().max()


@torch.inference_mode()
def test_it_is_the_global_means_of_both_paths_slow_first(model, clips):
    last_maps = []
    pool = model.network.blocks[-2]
    hook = pool.register_forward_pre_hook(lambda _, inputs: last_maps.extend(path.clone() for path in inputs[0]))
    try:
        rows = model(clips)
    finally:
        hook.remove()
    slow, fast = last_maps
    assert (slow.shape[1:3], fast.shape[1:3]) == ((2048, 8), (256, 32))
    expected = torch.cat([path.mean(dim=(2, 3, 4)) for path in (slow, fast)], dim=1)
    assert torch.allclose(rows, expected, atol=1e-6)


@torch.inference_mode()
def test_a_batch_gives_what_its_clips_give_alone(model, clips):
    alone = torch.cat([model(clip[None]) for clip in clips])
    assert (model(clips) - alone).abs().max() < 1e-5 * alone.abs().max()


@torch.inference_mode()
def test_the_input_is_left_as_it_was(model, clips):
    before = clips.clone()
    model(clips)
    assert torch.equal(before, clips)
