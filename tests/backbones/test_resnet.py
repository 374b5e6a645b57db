"""ResNet-152 as a frame encoder, against torchvision's own network."""

import numpy as np
import pytest
import torch

from pipeline.backbones.common.weights import Weights, build
from pipeline.backbones.resnet import network as resnet
from pipeline.backbones.resnet.params import ResNetParams

RANDOM = Weights("random (seed 0)", None)


@pytest.fixture(scope="module")
def model() -> resnet.ResNet152:
    return resnet.ResNet152(RANDOM)


@pytest.fixture(scope="module")
def frames() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 32, 57, 3), dtype=np.uint8))


@torch.inference_mode()
def test_it_is_torchvisions_network_before_its_classifier(model, frames):
    network = build(RANDOM, resnet.classifier)
    network.fc = torch.nn.Identity()
    pixels = frames.float() / 255
    pixels = (pixels - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    expected = network(pixels.permute(0, 3, 1, 2))
    assert expected.shape == (3, ResNetParams.SIZE)
    assert (model(frames) - expected).abs().max() < 1e-5 * expected.abs().max()


@torch.inference_mode()
def test_random_features_fit_float16_and_differ_between_pictures(model, frames):
    rows = model(frames)
    assert rows.abs().max() < 100 and (rows[0] - rows[1]).abs().max() > 1e-3


@torch.inference_mode()
def test_a_batch_gives_what_its_frames_give_alone(model, frames):
    alone = torch.cat([model(frame[None]) for frame in frames])
    assert (model(frames) - alone).abs().max() < 1e-5 * alone.abs().max()
