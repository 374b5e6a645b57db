"""`amdnet check-weights` against servers on this machine: what it prints, and its exit status.

The published files are hundreds of megabytes, so small networks stand for them, in files of the same layout.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from helpers.hub_server import HubServer, let_all_ask, serving_hub
from helpers.server import FileServer, serving
from torch import Tensor, nn

from pipeline.backbones.clip.check import PUBLISHED, REVISION
from pipeline.backbones.common import drawn
from pipeline.backbones.common.weights import Published
from pipeline.backbones.resnet.check import ResNetCheck
from pipeline.core.files import sha256_file

ROOT = Path(__file__).resolve().parents[2]


class Tiny(nn.Module):
    """A network with the parts that a check of ResNet-152 looks at."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1, self.fc = nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Linear(4, 1000)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.fc(self.bn1(self.conv1(pixels)).relu().mean((2, 3)))


class TinyEncoder(nn.Module):
    """Extracts the features of `Tiny`."""

    def __init__(self, network: Tiny):
        super().__init__()
        self.network = network
        network.fc = nn.Identity()

    def forward(self, frames: Tensor) -> Tensor:
        return self.network(frames.permute(0, 3, 1, 2).float() / 255)


@pytest.fixture(autouse=True)
def _tiny(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("AMDNET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(ResNetCheck, "network", lambda self: Tiny())
    monkeypatch.setattr(ResNetCheck, "encoder", lambda self, weights: TinyEncoder(_read(Tiny(), weights.path)))
    for drawings in (drawn.THINGS, drawn.COLOURED):
        for name, draw in drawings.items():
            monkeypatch.setitem(drawings, name, lambda draw=draw: draw()[::8, ::8])


def _read(network: Tiny, path: Path) -> Tiny:
    content = torch.load(path, weights_only=True)
    network.load_state_dict(content.get("model_state", content))
    return network.eval()


@pytest.fixture(params=["plain", "model_state"])
def file(request, tmp_path) -> Path:
    torch.manual_seed(0)
    state = Tiny().state_dict()
    torch.save(state if request.param == "plain" else {"model_state": state}, tmp_path / "sent.pth")
    return tmp_path / "sent.pth"


def published(monkeypatch, url: str, path: Path) -> None:
    monkeypatch.setattr(ResNetCheck, "PUBLISHED", Published(url, sha256_file(path)[:8]))


def verdicts(output: str) -> dict[str, str]:
    """The verdict of each step that was printed."""
    lines = [line[2:].split("  ") for line in output.splitlines() if line.startswith("  ")]
    return {(words := [word.strip() for word in line if word.strip()])[0]: words[1] for line in lines}


def test_a_good_file_is_compared_and_what_nobody_confirmed_is_said(amdnet, file, monkeypatch, tmp_path):
    with serving(FileServer(file.read_bytes())) as server:
        published(monkeypatch, server.url, file)
        done, again = amdnet("check-weights", "resnet"), amdnet("check-weights", "resnet")
    found = verdicts(done.stdout)
    assert done.stdout.startswith("resnet: ResNet-152") and again.stdout == done.stdout and len(server.requests) == 1
    assert (found["sha256"], found["tensors"], found["features"]) == ("ok", "ok", "ok")
    assert found["drawings"] == "unexpected, unverified here" and done.exit_code == 3
    assert "unverified here" in done.stdout.splitlines()[-1]


def test_a_download_goes_on_where_it_was_broken_off(amdnet, file, monkeypatch, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "model.pth.part").write_bytes(file.read_bytes()[:5000])
    with serving(FileServer(file.read_bytes(), cuts=(3000,))) as server:
        published(monkeypatch, server.url, file)
        assert verdicts(amdnet("check-weights", "resnet").stdout)["sha256"] == "ok"
    assert server.requests == ["bytes=5000-", "bytes=8000-"]


def test_a_redirection_is_followed(amdnet, file, monkeypatch):
    with serving_hub(HubServer({"model.safetensors": file})) as server:
        published(monkeypatch, f"{server.url}/repository/resolve/main/model.safetensors", file)
        found = verdicts(amdnet("check-weights", "resnet").stdout)
    assert found["sha256"] == "ok" and "GET /stored/model.safetensors" in server.requests


def test_a_file_that_is_not_there_is_unverified_and_an_error(amdnet, file, monkeypatch):
    with serving_hub(HubServer({})) as server:
        published(monkeypatch, f"{server.url}/repository/resolve/main/model.pth", file)
        done = amdnet("check-weights", "resnet")
    assert set(verdicts(done.stdout).values()) == {"unverified here"} and done.exit_code == 1
    assert "HTTP Error 404" in done.stdout and "put the file there yourself" in done.stdout


def test_no_network_is_unverified_and_an_error(amdnet, file, monkeypatch):
    published(monkeypatch, "http://127.0.0.1:9/model.pth", file)
    done = amdnet("check-weights", "resnet")
    assert set(verdicts(done.stdout).values()) == {"unverified here"} and done.exit_code == 1


def test_another_file_is_wrong_and_nothing_of_it_is_kept(amdnet, file, monkeypatch, tmp_path):
    with serving(FileServer(random.Random(0).randbytes(9000))) as server:
        published(monkeypatch, server.url, file)
        done = amdnet("check-weights", "resnet")
    found = verdicts(done.stdout)
    assert found.pop("sha256") == "wrong" and set(found.values()) == {"unverified here"} and done.exit_code == 3
    assert not list((tmp_path / "cache").iterdir())


def test_other_tensors_are_wrong(amdnet, monkeypatch, tmp_path):
    state = Tiny().state_dict()
    del state["fc.bias"]
    torch.save(state, tmp_path / "sent.pth")
    with serving(FileServer((tmp_path / "sent.pth").read_bytes())) as server:
        published(monkeypatch, server.url, tmp_path / "sent.pth")
        done = amdnet("check-weights", "resnet")
    found = verdicts(done.stdout)
    assert (found["sha256"], found["tensors"], found["input"]) == ("ok", "wrong", "unverified here")
    assert "missing: fc.bias" in done.stdout and done.exit_code == 3


@pytest.fixture
def hub(tmp_path, monkeypatch) -> Iterator[HubServer]:
    """A hub that has nothing yet, and no cache of an earlier run."""
    with serving_hub(HubServer({})) as server:
        let_all_ask(server, tmp_path / "nothing", monkeypatch)
        yield server


def test_a_repository_with_an_index_of_parts_in_the_place_of_the_file_is_unverified(amdnet, hub, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": {}}')
    hub.files = {name: tmp_path / name for name in ("config.json", "model.safetensors.index.json")}
    done = amdnet("check-weights", "roberta")
    assert set(verdicts(done.stdout).values()) == {"unverified here"} and done.exit_code == 1
    assert "model.safetensors.index.json lists" in done.stdout and "docs/clip.md" in done.stdout


def test_a_name_that_no_backbone_has_is_an_error(amdnet):
    done = amdnet("check-weights", "resnt")
    assert done.exit_code == 1 and "did you mean `resnet`" in done.stderr


def test_where_the_model_is_random_the_published_one_is_asked_for(amdnet, hub):
    done = amdnet("check-weights", "clip")
    assert set(verdicts(done.stdout).values()) == {"unverified here"} and done.exit_code == 1
    assert len(verdicts(done.stdout)) == 6 and f"https://huggingface.co/{PUBLISHED}/tree/{REVISION}" in done.stdout
    assert f"HEAD /{PUBLISHED}/resolve/{REVISION}/config.json" in hub.requests


def test_the_model_that_is_checked_is_the_one_of_the_documentation():
    assert f"| `{PUBLISHED}` | `{REVISION}` | 512 |" in (ROOT / "docs" / "clip.md").read_text(encoding="utf-8")
