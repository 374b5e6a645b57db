"""What scan finds out about a reused model: its files, and whether this run has the parameters it was trained with."""

import shutil
from pathlib import Path

import pytest
import torch
from helpers.roberta import write_roberta
from helpers.shipped import PARAMS
from helpers.workspace import change

from pipeline.backbones.clip.load import load_clip
from pipeline.backbones.clip.params import ClipParams
from pipeline.backbones.resnet.params import ResNetParams
from pipeline.backbones.resnet.stream import ResNetStream
from pipeline.backbones.roberta.params import TextParams
from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, sha256_file, write_json
from pipeline.core.params import load
from pipeline.core.reused import Reused
from pipeline.settings.reuse import find_reused
from pipeline.text.clip_encoder import ClipEncoder
from pipeline.text.encoder import load_encoder
from pipeline.text.saved import save_encoder
from pipeline.video.params import DecodeParams

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def trained(tmp_path, monkeypatch) -> Path:
    """The index folder of a model that was trained with the project's params.yaml, which is in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))
    shutil.copy(PARAMS, tmp_path / "params.yaml")
    change(dataset="folder", train={"reuse": "trained"}, features={"streams": ["resnet"]})
    params = load("clip_seconds", ResNetParams, DecodeParams, TextParams)
    encoder = load_encoder(params.text, 30, ["a red disc", "a blue box"], torch.device("cpu"))
    folder = tmp_path / "trained"
    save_encoder(folder / "text", encoder)
    provenance = {
        "resnet": ResNetStream(params.resnet, params.clip_seconds, params.decode).provenance,
        "query": {**encoder.provenance, "stream": "query", "tokenizer": params.text.tokenizer},
    }
    features = {"streams": ["resnet"], "normalize": "standard"}
    write_json(folder / "config.json", {"model": "amdnet", "features": features, "provenance": provenance})
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def find() -> Reused | None:
    return find_reused(["resnet"], [])


def refused(of_model: list[str] | None = None, of_localizer: list[str] | None = None) -> str:
    with pytest.raises(PipelineError) as caught:
        find_reused(of_model or ["resnet"], of_localizer or [])
    return str(caught.value)


def test_its_files_are_named_with_their_hashes(trained):
    write_json(trained / "search.json", {"window": None, "threshold": None})
    (trained / "index.safetensors").write_bytes(b"of no use here")
    found = find()
    assert found.named == "trained" and found.folder == trained
    names = {"config.json", "model.safetensors", "search.json"}
    assert set(found.files) == names | {f"text/{name}" for name in ("encoder.json", "vocab.json", "merges.txt")}
    assert all(sha256 == sha256_file(trained / name) for name, sha256 in found.files.items())
    change(train={"reuse": "none"})
    assert find() is None


def test_a_folder_without_a_trained_model_is_named(trained):
    for reuse, cause in (("nowhere", "nowhere: no such folder"), (".", "there is no trained model in this folder")):
        change(train={"reuse": reuse})
        assert cause in refused() and "outputs/index" in refused()
    change(train={"reuse": "outputs/index"})
    assert "names an output of this project" in refused() and "copy the folder to another place" in refused()
    change(train={"reuse": "trained"})
    write_json(trained / "config.json", [])
    assert "config.json: this does not describe a trained model" in refused()
    write_json(
        trained / "config.json", {"model": "amdnet", "features": {"streams": ["resnet"], "normalize": "standard"}}
    )
    assert "an older version of this program trained the model" in refused()


def test_every_parameter_that_differs_is_named_with_both_sides(trained):
    change(
        model="cca",
        clip_seconds=2.0,
        resnet={"size": 224, "sampling": "uniform"},
        text={"hidden": 64, "tokenizer": "roberta-base"},
        query_text={"max_tokens": 40},
        features={"normalize": "joint"},
    )
    message = refused(["resnet", "slowfast"])
    for difference in (
        "model: cca here, amdnet there",
        "clip_seconds: 2.0 here, 1.5 there",
        "resnet.size: 224 here, 96 there",
        "resnet.sampling: uniform here, middle there",
        "resnet.pooling: max here, none there",
        "text.architecture.hidden_size: 64 here, 128 there",
        "text.tokenizer: roberta-base here, corpus there",
        "query_text.max_tokens: 40 here, 30 there",
        "features.streams: resnet, slowfast here, resnet there",
        "features.normalize: joint here, standard there",
    ):
        assert difference in message
    assert message.count(" here, ") == 10


def test_weights_and_tokenizers_in_folders_are_told_by_what_they_hold(trained):
    config = read_json(trained / "config.json")
    write_roberta(Path("weights"), 8192)
    change(text={"weights": "weights"})
    ours = f"sha256:{sha256_file('weights/model.safetensors')}"
    assert f"text.weights: {ours} here, random (seed 0) there" in refused()
    config["provenance"]["query"] |= {"weights": ours, "architecture": {"hidden_size": 16}}
    write_json(trained / "config.json", config)
    assert find()
    change(text={"tokenizer": "trained/text"})
    assert find()
    config["provenance"]["query"]["tokenizer_sha256"] = "0" * 64
    write_json(trained / "config.json", config)
    assert f"{'0' * 64} there" in refused()


def test_a_learned_tokenizer_must_come_with_the_model(trained):
    shutil.rmtree(trained / "text")
    message = refused()
    assert "the model's tokenizer was learned from its own queries" in message and "outputs/index" in message


def test_the_other_encoder_of_queries_is_named_and_the_same_one_is_well(trained):
    sentence = {"encoder": "clip", "clip_output": "sentence"}
    change(query_text=sentence)
    message = refused()
    assert "query_text.encoder: clip here, roberta there" in message and message.count(" here, ") == 1
    config = read_json(trained / "config.json")
    encoder = ClipEncoder(load_clip(load(ClipParams).clip).text(torch.device("cpu")), "sentence")
    shutil.rmtree(trained / "text")
    save_encoder(trained / "text", encoder)
    config["provenance"]["query"] = {**encoder.provenance, "stream": "query"}
    write_json(trained / "config.json", config)
    assert "text/clip/model.safetensors" in find().files
    change(query_text={"max_tokens": 20})  # of RoBERTa
    assert find()
    change(query_text={"clip_output": "tokens"})
    config["provenance"]["query"]["max_tokens"] = 30  # as an older version cut the queries
    write_json(trained / "config.json", config)
    message = refused()
    assert "query_text.clip_output: tokens here, sentence there" in message
    assert "query_text.clip.max_tokens: 77 here, 30 there" in message and message.count(" here, ") == 2


def test_a_localizer_that_is_trained_must_have_come_with_the_model(trained):
    change(localizer="prem")
    assert "localizer: prem here, no localizer there" in refused(of_localizer=["resnet"])
    made = read_json(trained / "config.json")["provenance"]
    text = {**made["query"], "pooling": "own_cues", "max_tokens": 256}
    config = {
        "localizer": "prem",
        "features": {"streams": ["resnet", "subtitle"]},
        "provenance": {**made, "localizer_subtitle": text},
    }
    write_json(trained / "localizer" / "config.json", config)
    assert "localizer's streams: resnet here, resnet, subtitle there" in refused(of_localizer=["resnet"])
    found = find_reused(["resnet"], ["resnet", "subtitle"])
    assert "localizer/config.json" in found.files
    change(subtitle_text={"max_tokens": 128})
    assert "subtitle_text.max_tokens: 128 here, 256 there" in refused(of_localizer=["resnet", "subtitle"])
