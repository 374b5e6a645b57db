"""The saved text encoder: equal features after a move, equal bytes, and one error for each thing that can be wrong."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.reused import reuse
from helpers.roberta import write_roberta

from pipeline.backbones.roberta.params import TextParams
from pipeline.core.errors import PipelineError
from pipeline.core.manifest import Query
from pipeline.core.reused import Reused, write_reused
from pipeline.feature_io.hdf5 import FeatureFile
from pipeline.text.encoder import TextEncoder, load_encoder
from pipeline.text.queries import extract_queries
from pipeline.text.saved import open_encoder, save_encoder, save_no_encoder, subtitle_encoder

CPU = torch.device("cpu")
TEXTS = [
    "a red disc moves up",
    "#version: a #versioned star #versions",
    "红色的圆 🙂 naïve",
    "a much longer text " * 5,
    " ",
]


@pytest.fixture(params=["random", "folder"])
def encoder(request, tmp_path) -> TextEncoder:
    learned = [f"{text} {word}" for text in TEXTS for word in ("stops", "turns")]
    params = TextParams(tokenizer="corpus", weights="random", layers=2, hidden=16, heads=2)
    if request.param == "folder":
        size = len(load_encoder(params, 8, learned, CPU).tokenizer)
        write_roberta(tmp_path / "weights", size)
        params = params.model_copy(update={"weights": str(tmp_path / "weights")})
    return load_encoder(params, 12, learned, CPU)


@pytest.fixture
def saved(encoder, tmp_path) -> Path:
    save_encoder(tmp_path / "saved", encoder)
    return tmp_path / "saved"


def test_a_moved_encoder_gives_the_features_that_the_stage_writes(encoder, saved, store, tmp_path, monkeypatch):
    queries = [Query(f"v1#{k}", "v1", text, "train") for k, text in enumerate(TEXTS)]
    extract_queries(queries, encoder, store, tmp_path / "query.h5")
    (tmp_path / "elsewhere").mkdir()
    saved.rename(tmp_path / "elsewhere" / "text")
    shutil.rmtree(tmp_path / "weights", ignore_errors=True)
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("DVC_ROOT", "/")
    opened = open_encoder("text", CPU)
    assert opened.provenance == encoder.provenance
    with FeatureFile(tmp_path / "query.h5") as features:
        for query in queries:
            rows = opened.encode(query.text)
            expected = features[query.query_id] if query.text.strip() else np.zeros((0, 16), np.float16)
            assert rows.dtype == np.float16 and np.array_equal(rows, expected)
            assert np.array_equal(rows, encoder.encode(query.text))


def test_equal_encoders_give_equal_bytes(encoder, saved, tmp_path):
    shutil.rmtree(tmp_path / "weights", ignore_errors=True)
    save_encoder(tmp_path / "again", open_encoder(saved, CPU))
    before, again = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("saved", "again")
    )
    assert again == before
    assert ("model.safetensors" in before) == (encoder.params.weights != "random")


def test_each_missing_or_damaged_file_is_one_error(encoder, saved, tmp_path):
    whole = {path.name: path.read_bytes() for path in saved.iterdir()}
    for name, content in whole.items():
        damages = [None, b"", content[: len(content) // 2], b"\xff" + content[1:]]
        if name != "config.json":
            damages.append(content.replace(b"a", b"b", 1))
        for damage in damages:
            if damage is None:
                (saved / name).unlink()
            else:
                (saved / name).write_bytes(damage)
            with pytest.raises(PipelineError) as caught:
                open_encoder(saved, CPU)
            assert str(saved) in str(caught.value) and "copy the whole folder anew" in str(caught.value), (name, damage)
            (saved / name).write_bytes(content)
    open_encoder(saved, CPU)


@pytest.mark.parametrize("change", [{"format": 2}, {"vocabulary": "many"}, {"max_tokens": 13}, {"hub": {}}])
def test_another_header_is_refused(saved, change):
    header = json.loads((saved / "encoder.json").read_text())
    (saved / "encoder.json").write_text(json.dumps({**header, **change}))
    with pytest.raises(PipelineError, match="text encoder"):
        open_encoder(saved, CPU)


def test_a_folder_without_encoder_says_why(tmp_path):
    save_no_encoder(tmp_path / "none", "the queries came encoded")
    with pytest.raises(PipelineError, match="no text can be encoded: the queries came encoded"):
        open_encoder(tmp_path / "none", CPU)
    with pytest.raises(PipelineError, match="no text encoder in this folder"):
        open_encoder(tmp_path, CPU)


def test_a_run_that_reuses_a_model_encodes_with_its_encoder(encoder, saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_reused(Reused(str(tmp_path), {}))
    queries = [Query("v1#0", "v1", "other words than there", "train")]
    params = encoder.params.model_copy(update={"weights": "random"})
    assert subtitle_encoder(params, 8, queries, CPU).tokenizer.sha256 != encoder.tokenizer.sha256
    saved.rename(tmp_path / "text")
    reuse(tmp_path)
    ours = subtitle_encoder(params, 8, [], CPU)
    assert ours.provenance == {**encoder.provenance, "max_tokens": 8}
    assert np.array_equal(ours.encode(TEXTS[0]), encoder.encode(TEXTS[0])[:6])
