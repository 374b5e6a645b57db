"""The checks of ResNet-152 and SlowFast, on networks of their real architecture.

Nobody has the published weights here. What stands for them was made to fit: the last layer tells the drawings apart,
and the batch norms hold the statistics of what they are given.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from pipeline.backbones.common import drawn
from pipeline.backbones.common.check import run_steps
from pipeline.backbones.common.classifier import ClassifierCheck
from pipeline.backbones.common.weights import RANDOM_SEED, Published, Weights, build
from pipeline.backbones.resnet import network as resnet
from pipeline.backbones.resnet.check import CLASSES, COLOURED, ResNetCheck
from pipeline.backbones.slowfast import network as slowfast
from pipeline.backbones.slowfast.check import SlowFastCheck
from pipeline.core.files import sha256_file

pytestmark = pytest.mark.slow
RANDOM = Weights(f"random (seed {RANDOM_SEED})", None)


def with_statistics(network: nn.Module, prepared: Any) -> nn.Module:
    """Let every batch norm hold the mean and variance of what it is given."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
            module.reset_running_stats()
            module.momentum = None
    network.train()
    with torch.no_grad():
        network(list(prepared) if isinstance(prepared, list) else prepared)
    return network.eval()


def save(folder: Path, network: nn.Module, wrapped: bool) -> Path:
    folder.mkdir(parents=True)
    state = network.state_dict()
    torch.save({"model_state": state} if wrapped else state, folder / "weights.pth")
    return folder / "weights.pth"


@pytest.fixture(scope="module", autouse=True)
def _small_drawings() -> Iterator[None]:
    """Draw every fourth pixel only, which takes the networks a sixteenth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        for drawings in (drawn.THINGS, drawn.COLOURED):
            for name, draw in drawings.items():
                patch.setitem(drawings, name, lambda draw=draw: draw()[::4, ::4])
        patch.setattr(drawn, "tennis_court", lambda number, draw=drawn.tennis_court: draw(number)[::4, ::4])
        yield


@pytest.fixture(scope="module")
def fitted(tmp_path_factory) -> Path:
    """ResNet-152 with statistics, features of a usual size, and a last layer that knows the drawings."""
    check = ResNetCheck()
    check.weights = RANDOM
    network: Any = with_statistics(build(RANDOM, resnet.classifier), check._extracted[1])
    for block in network.layer4:
        nn.init.constant_(block.bn3.weight, 0.3)
    path = save(tmp_path_factory.mktemp("fitted") / "first", network, wrapped=False)
    check = ResNetCheck()
    check.weights = Weights("sha256:" + sha256_file(path), path)
    apple = torch.from_numpy(drawn.COLOURED["green apple"]())[None]
    rows = torch.cat([check.rows, check.features(apple), check.features(apple.flip(3))])
    rows = torch.cat([rows, check.features(check.examples()[4:5].flip(3))])
    centred = rows - rows.mean(0)
    numbers = [*(right[0] for right in CLASSES.values()), COLOURED["green apple"]]
    told = torch.linalg.pinv(centred)[:, : len(numbers)].T
    with torch.no_grad():
        network.fc.weight.zero_()
        network.fc.bias.zero_()
        network.fc.weight[numbers] = 20 * told
        network.fc.bias[numbers] = -20 * told @ rows.mean(0)
    return save(tmp_path_factory.mktemp("fitted") / "second", network, wrapped=False)


def verdicts(check: ClassifierCheck, path: Path, monkeypatch: pytest.MonkeyPatch, known: str | None = None) -> dict:
    """Run the steps on a file that stands for the published one."""
    digest = sha256_file(path)
    monkeypatch.setattr(type(check), "PUBLISHED", Published(path.as_uri(), digest[:8] if known is None else known))
    monkeypatch.setenv("AMDNET_CACHE", str(path.parent / "cache"))
    return {name: finding.verdict for name, finding in run_steps(check)}


EXPECTED, UNEXPECTED = "as expected, unverified here", "unexpected, unverified here"


def test_weights_that_fit_are_as_expected(fitted, monkeypatch):
    assert verdicts(ResNetCheck(), fitted, monkeypatch) == {
        "sha256": "ok", "tensors": "ok", "input": EXPECTED, "features": "ok", "drawings": EXPECTED,
        "colours": EXPECTED, "norms": EXPECTED,
    }  # fmt: skip


def test_numbers_up_to_255_are_seen(fitted, monkeypatch):
    monkeypatch.setattr(resnet, "STD", tuple(deviation / 255 for deviation in resnet.STD))
    found = verdicts(ResNetCheck(), fitted, monkeypatch)
    assert (found["sha256"], found["input"]) == ("ok", UNEXPECTED)


def test_blue_before_red_is_seen(fitted, monkeypatch):
    forward = resnet.ResNet152.forward
    monkeypatch.setattr(resnet.ResNet152, "forward", lambda self, frames: forward(self, frames.flip(3)))
    assert verdicts(ResNetCheck(), fitted, monkeypatch)["colours"] == UNEXPECTED


def test_random_weights_are_not_taken_for_the_published_ones(tmp_path, monkeypatch):
    path = save(tmp_path / "random", build(RANDOM, resnet.classifier), wrapped=False)
    found = verdicts(ResNetCheck(), path, monkeypatch)
    assert {found["input"], found["drawings"], found["norms"]} == {UNEXPECTED} and found["features"] == "ok"


def test_slowfasts_file_has_its_tensors_in_a_wrapper_and_no_published_hash(tmp_path, monkeypatch):
    check = SlowFastCheck()
    check.weights = RANDOM
    network = with_statistics(build(RANDOM, slowfast.classifier), check._extracted[1])
    path = save(tmp_path / "slowfast", network, wrapped=True)
    assert verdicts(SlowFastCheck(), path, monkeypatch, known="") == {
        "sha256": "unverified here", "tensors": "ok", "input": EXPECTED, "features": "ok",
        "drawings": "unverified here", "norms": "unverified here",
    }  # fmt: skip
    monkeypatch.setattr(slowfast, "STD", slowfast.STD / 255)
    assert verdicts(SlowFastCheck(), path, monkeypatch, known="")["input"] == UNEXPECTED
