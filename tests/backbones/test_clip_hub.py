"""The check of CLIP, on a small model of its architecture, which a hub on this machine serves as the published one."""

from itertools import islice
from pathlib import Path

import pytest
from helpers.clip import write_model
from helpers.hub_server import HubServer, let_all_ask, serving_hub
from huggingface_hub import constants

from pipeline.backbones.clip import check
from pipeline.backbones.clip.check import PUBLISHED, REVISION, ClipCheck
from pipeline.backbones.clip.load import FILES
from pipeline.backbones.common.check import Finding, run_steps


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    write_model(folder, "clip")
    return folder


@pytest.fixture
def served(model, tmp_path, monkeypatch):
    """A hub that has the model."""
    monkeypatch.setenv("AMDNET_CACHE", str(tmp_path / "cache"))
    with serving_hub(HubServer({name: model / name for name in FILES})) as server:
        let_all_ask(server, tmp_path / "nothing", monkeypatch)
        yield server


def found(steps: int | None = None) -> dict[str, Finding]:
    """What the first steps find, all where no number is given; the later ones look at drawings, and take a while."""
    return dict(islice(run_steps(ClipCheck()), steps))


def test_a_good_model_is_compared_with_what_is_published(served, monkeypatch):
    first = found(3)
    assert first["sha256"].verdict == first["tensors"].verdict == "ok"
    assert f"every file is as {PUBLISHED} has it at {REVISION}" in first["sha256"].text
    assert first["tokenizer"].verdict == "wrong"  # it knows hardly a word
    monkeypatch.setattr(check, "TEXT_IDS", ClipCheck().text.ids(check.TEXT))
    asked = len(served.requests)
    assert found(3)["tokenizer"].verdict == "ok" and len(served.requests) == asked  # all is there


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_file_with_a_bit_turned_is_wrong(served, name):
    served.spoilt = (name,)
    steps = found()
    assert steps["sha256"].verdict == "wrong" and "the download is damaged" in steps["sha256"].text
    assert {steps[step].verdict for step in steps if step != "sha256"} == {"unverified here"}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_there_is_unverified(served, name):
    served.files = {other: path for other, path in served.files.items() if other != name}
    steps = found()
    assert {finding.verdict for finding in steps.values()} == {"unverified here"}
    assert "RemoteEntryNotFoundError" in steps["sha256"].text and name in steps["sha256"].text


def test_a_download_goes_on_where_the_connection_broke(served, monkeypatch):
    """What a killed run has left, the hub's client does not take up."""
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    served.cuts = [3000]
    assert found(1)["sha256"].verdict == "ok" and served.ranges == [None, "bytes=3000-"]


def test_weights_in_parts_are_named_with_what_to_do(served, tmp_path):
    (tmp_path / "index.json").write_text('{"weight_map": {}}')
    files = {name: path for name, path in served.files.items() if name != "model.safetensors"}
    served.files = files | {"model.safetensors.index.json": tmp_path / "index.json"}
    steps = found()
    said = steps["sha256"].text
    assert steps["sha256"].verdict == "unverified here" and "RemoteEntryNotFoundError" not in said
    for words in ("model.safetensors.index.json", f"{PUBLISHED}/tree/{REVISION}", "docs/clip.md", "set clip.model"):
        assert words in said
