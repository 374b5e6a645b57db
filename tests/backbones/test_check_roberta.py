"""The check of roberta-base, on a model of its architecture with random weights, which a hub on this machine serves."""

from pathlib import Path

import pytest
import torch
from helpers.hub_server import HubServer, let_all_ask, serving_hub
from tokenizers.pre_tokenizers import ByteLevel

from pipeline.backbones.common import hub
from pipeline.backbones.common.check import run_steps
from pipeline.backbones.common.torchvision_fix import import_torchvision
from pipeline.backbones.roberta import check
from pipeline.backbones.roberta.check import FILES, SIZES, RobertaCheck
from pipeline.backbones.roberta.tokenizer import SPECIALS
from pipeline.core.files import canonical_json, sha256_file

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """The files of a roberta-base that was never trained; its vocabulary has all bytes and no words."""
    import_torchvision()
    from transformers import RobertaConfig, RobertaForMaskedLM

    folder = tmp_path_factory.mktemp("roberta")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = RobertaConfig(**SIZES, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)
        RobertaForMaskedLM(config).save_pretrained(folder)
    tokens = [*SPECIALS[:4], *sorted(ByteLevel.alphabet())]
    tokens += [f"unused{number}" for number in range(SIZES["vocab_size"] - len(tokens) - 1)] + [SPECIALS[4]]
    (folder / "vocab.json").write_text(canonical_json({token: id for id, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return folder


@pytest.fixture
def served(model, tmp_path, monkeypatch):
    """A hub that has the model; its weights count as the published ones."""
    monkeypatch.setenv("AMDNET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(hub, "WEIGHTS_SHA256", sha256_file(model / "model.safetensors"))
    with serving_hub(HubServer({name: model / name for name in FILES})) as server:
        let_all_ask(server, tmp_path / "nothing", monkeypatch)
        yield server


def publish(monkeypatch, steps: RobertaCheck) -> None:
    """Let what the model says be what is published."""
    said = steps.read(check.READ_IDS)
    monkeypatch.setattr(check, "STATES", said.hidden_states[-1][0, :3, :3].tolist())
    monkeypatch.setattr(check, "SCORES", said.logits[0, :3, :3].tolist())
    monkeypatch.setattr(check, "TEXT_IDS", steps.tokenizer.ids(check.TEXT))
    before, behind = steps.tokenizer.ids(check.MASKED[0]), steps.tokenizer.ids(check.MASKED[1])[1:]
    scores = steps.read([0, *before, check.MASK, *behind, 2]).logits[0, len(before) + 1].softmax(0)
    monkeypatch.setattr(check, "ANSWER", int(scores.argmax()))
    monkeypatch.setattr(check, "LIKELY", float(scores.max()))


def test_what_is_published_is_compared(served, monkeypatch):
    steps = RobertaCheck()
    found = {name: finding.verdict for name, finding in run_steps(steps)}
    right, wrong = ("sha256", "tensors", "features"), ("tokenizer", "outputs", "masked word")
    assert [found[name] for name in right] == ["ok"] * 3 and [found[name] for name in wrong] == ["wrong"] * 3
    publish(monkeypatch, steps)
    again = {name: finding.verdict for name, finding in run_steps(steps)}
    assert [again[name] for name in (*right, *wrong)] == ["ok"] * 6


@pytest.mark.parametrize("name", ["model.safetensors", "merges.txt"])
def test_a_file_with_a_bit_turned_is_wrong(served, name):
    served.spoilt = (name,)
    found = dict(run_steps(RobertaCheck()))
    assert found["sha256"].verdict == "wrong" and "the download is damaged" in found["sha256"].text
    assert {found[step].verdict for step in found if step != "sha256"} == {"unverified here"}


def test_a_smaller_model_is_not_roberta_base(served, monkeypatch):
    monkeypatch.setitem(check.SIZES, "num_hidden_layers", 24)
    tensors = dict(run_steps(RobertaCheck()))["tensors"]
    assert tensors.verdict == "wrong" and "num_hidden_layers 12" in tensors.text
