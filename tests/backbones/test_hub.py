"""roberta-base from the hub: the cache is enough, and a hub out of reach is an error with the ways out."""

import huggingface_hub
import pytest

from pipeline.backbones.common import hub
from pipeline.backbones.roberta.tokenizer import load_tokenizer
from pipeline.core.errors import PipelineError


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """An empty hub cache and no network; gives the folder where the cache keeps the pinned revision."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("AMDNET_CACHE", str(tmp_path / "cache"))
    return tmp_path / "hub" / ("models--" + hub.REPOSITORY.replace("/", "--")) / "snapshots" / hub.REVISION


def test_hub_out_of_reach_names_files_address_and_ways_out(offline):
    with pytest.raises(PipelineError) as caught:
        load_tokenizer("roberta-base", [])
    for words in ("text.tokenizer", "vocab.json", hub.REVISION, "https://", "a folder", "`corpus`", "network"):
        assert words in str(caught.value)
    with pytest.raises(PipelineError, match="`random`"):
        hub.roberta_base(hub.MODEL_FILES, param="text.weights")


def test_files_in_the_hub_cache_need_no_network(offline):
    offline.mkdir(parents=True)
    for name in hub.MODEL_FILES:
        (offline / name).write_text("{}")
    assert hub.roberta_base(hub.MODEL_FILES, param="text.weights") == offline


def test_damaged_download_is_refused(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"half a file")
    with pytest.raises(PipelineError, match="the download is damaged"):
        hub.check_weights(tmp_path)
