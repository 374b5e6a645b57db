"""Queries that the text side of CLIP encodes: what the towers give, cut and stored, and the same after a move."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.clip import clip_params, write_model
from helpers.reused import reuse
from helpers.shipped import PARAMS as SHIPPED

from pipeline.backbones.clip.load import load_clip
from pipeline.backbones.clip.params import ClipParams
from pipeline.backbones.roberta.params import TextParams
from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, write_json
from pipeline.core.manifest import Query
from pipeline.core.params import load
from pipeline.core.reused import write_reused
from pipeline.feature_io.cuts import cut_line
from pipeline.feature_io.hdf5 import FeatureFile
from pipeline.search.sentence import Sentence
from pipeline.text.clip_encoder import ClipEncoder
from pipeline.text.params import QueryTextParams
from pipeline.text.queries import extract_queries
from pipeline.text.saved import open_encoder, query_encoder, save_encoder, subtitle_encoder

CPU = torch.device("cpu")
ROOT = Path(__file__).resolve().parents[2]
TEXTS = ["a red disc", "红 🙂", "a red disc moves up and then down " * 4, " "]
PARAMS = load(ClipParams, TextParams, path=SHIPPED)


@pytest.fixture(scope="module")
def text():
    return load_clip(PARAMS.clip).text(CPU)


@pytest.fixture(params=["sentence", "tokens"])
def encoder(request, text) -> ClipEncoder:
    return ClipEncoder(text, request.param)


def queries() -> list[Query]:
    return [Query(f"v1#{number}", "v1", text, "train") for number, text in enumerate(TEXTS)]


def test_a_sentence_is_one_row_of_length_1_and_tokens_are_one_each_and_the_end(text):
    sentence, tokens = (ClipEncoder(text, output) for output in ("sentence", "tokens"))
    ids = text.ids(TEXTS[0])
    row = sentence.encode(TEXTS[0])
    assert row.shape == (1, sentence.row_size) and row.dtype == np.float16
    assert np.linalg.norm(row.astype(np.float64)) == pytest.approx(1, abs=1e-3)
    assert tokens.encode(TEXTS[0]).shape == (len(ids) + 1, tokens.row_size)
    np.testing.assert_array_equal(row[0], text.sentence(TEXTS[0]).astype(np.float16))


def test_what_is_longer_than_the_tower_is_cut_and_counted(text, store, tmp_path):
    encoder = ClipEncoder(text, "tokens")
    assert (encoder.max_tokens, encoder.room, encoder.longest) == (77, 75, 77)
    assert encoder.encode(TEXTS[2]).shape[0] == 76 and encoder.encode(TEXTS[2][:60]).shape[0] == 61
    np.testing.assert_array_equal(encoder.encode(TEXTS[2]), encoder.encode(TEXTS[2][:75]))
    assert Sentence.encode(encoder, TEXTS[2]).cut == len(text.ids(TEXTS[2])) - 75
    metrics = extract_queries(queries(), encoder, store, tmp_path / "query.h5")
    assert (metrics["max_tokens"], metrics["truncated"], metrics["failed"]) == (77, 1, 1)
    assert "1 of 4 queries cut to 77 token ids (longer than the encoder can read)" in cut_line(metrics)


def test_a_moved_encoder_gives_the_rows_that_the_stage_writes_and_equal_bytes(encoder, store, tmp_path):
    path = tmp_path / "query.h5"
    extract_queries(queries(), encoder, store, path)
    save_encoder(tmp_path / "saved", encoder)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "saved").rename(tmp_path / "elsewhere" / "text")
    opened = open_encoder(tmp_path / "elsewhere" / "text", CPU)
    assert opened.provenance == encoder.provenance
    with FeatureFile(path) as file:
        assert file.row_size == encoder.row_size and file.provenance["max_tokens"] == 77
        for query in queries()[:3]:
            np.testing.assert_array_equal(file[query.query_id], Sentence.encode(opened, query.text).rows)
    save_encoder(tmp_path / "again", opened)
    for name in ("encoder.json", "clip/text.json", "clip/tokenizer.json", "clip/model.safetensors"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "elsewhere" / "text" / name).read_bytes()


@pytest.mark.parametrize("output", ["sentence", "tokens"])
def test_siglip_has_one_special_token_and_moves_as_well(output, tmp_path):
    write_model(tmp_path / "model", "siglip")
    encoder = ClipEncoder(load_clip(clip_params(tmp_path / "model")).text(CPU), output)
    assert (encoder.max_tokens, encoder.room) == (64, 63)
    save_encoder(tmp_path / "saved", encoder)
    shutil.rmtree(tmp_path / "model")
    opened = open_encoder(tmp_path / "saved", CPU)
    for text in TEXTS[:3]:
        kept = min(len(encoder.ids(text)), 63)
        rows = encoder.encode(text)
        assert rows.shape == (1 if output == "sentence" else kept + 1, encoder.row_size)
        np.testing.assert_array_equal(opened.encode(text), rows)


def test_the_store_is_asked_by_ids_and_output_and_has_the_rows_again(text, store, tmp_path):
    first = ClipEncoder(text, "tokens")
    assert extract_queries(queries(), first, store, tmp_path / "query.h5")["computed"] == 3
    before = (tmp_path / "query.h5").read_bytes()
    again = extract_queries(queries(), ClipEncoder(text, "tokens"), store, tmp_path / "query.h5")
    assert (again["computed"], again["reused"]) == (0, 3) and (tmp_path / "query.h5").read_bytes() == before
    assert extract_queries(queries(), ClipEncoder(text, "sentence"), store, tmp_path / "query.h5")["reused"] == 0


def test_a_file_without_queries_says_how_large_their_rows_would_be(encoder, store, tmp_path):
    extract_queries([], encoder, store, tmp_path / "query.h5")
    with FeatureFile(tmp_path / "query.h5") as file:
        assert file.ids() == [] and file.row_size == encoder.row_size


def test_the_encoder_of_a_reused_model_reads_queries_and_none_of_the_subtitles(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_encoder(tmp_path / "trained" / "text", ClipEncoder(text, "tokens"))
    reuse(tmp_path / "trained")
    params = QueryTextParams(encoder="roberta", clip_output="sentence", max_tokens=12)
    found = query_encoder(params, PARAMS.text, PARAMS.clip, [], CPU)
    assert isinstance(found, ClipEncoder) and (found.output, found.max_tokens) == ("tokens", 77)
    said = subtitle_encoder(PARAMS.text, 64, queries(), CPU)
    assert said.provenance["max_tokens"] == 64 and "roberta_revision" in said.provenance


def test_the_parameter_of_roberta_shortens_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_reused(None)
    params = QueryTextParams(encoder="clip", clip_output="tokens", max_tokens=4)
    assert query_encoder(params, PARAMS.text, PARAMS.clip, [], CPU).encode("a red disc moves up").shape[0] == 20


def test_an_encoder_that_an_older_version_cut_is_told_so(encoder, tmp_path):
    save_encoder(tmp_path / "saved", encoder)
    header = read_json(tmp_path / "saved" / "encoder.json")
    write_json(tmp_path / "saved" / "encoder.json", {**header, "format": 1, "max_tokens": 30})
    with pytest.raises(PipelineError, match="another version of this program wrote the text encoder"):
        open_encoder(tmp_path / "saved", CPU)


@pytest.mark.parametrize("name", ["text.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_file_is_named(encoder, tmp_path, name):
    save_encoder(tmp_path / "saved", encoder)
    (tmp_path / "saved" / "clip" / name).unlink()
    with pytest.raises(PipelineError, match=name):
        open_encoder(tmp_path / "saved", CPU)
    shutil.rmtree(tmp_path / "saved")
