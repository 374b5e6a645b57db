"""What a model was trained on against what a run makes: every difference in one error, both sides named."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.reused import Reused
from pipeline.feature_io.fitting import facts, of_provenances, provenances, refuse_differences
from pipeline.feature_io.hdf5 import write_features

REUSED = Reused("/trained", {})


def test_the_provenance_of_feature_files_without_what_decides_no_feature(tmp_path):
    made = {
        "stream": "resnet",
        "size": 64,
        "architecture": {"layers": 3},
        "libraries": ["torch 2"],
        "files": {"a": "b"},
    }
    write_features(tmp_path / "resnet.h5", [], made)
    assert provenances(tmp_path, ["resnet"]) == {
        "resnet": {"stream": "resnet", "size": 64, "architecture": {"layers": 3}}
    }


def test_facts_are_called_as_the_parameters_that_decide_them():
    text = {"stream": "query", "weights": "random", "max_tokens": 30, "architecture": {"hidden_size": 16}}
    found = of_provenances(
        {
            "resnet": {"stream": "resnet", "clip_seconds": 1.5, "size": 64, "batch": 8, "decoder": "pyav"},
            "query": {**text, "tokenizer": "corpus", "tokenizer_sha256": "12"},
            "localizer_subtitle": {**text, "stream": "subtitle", "max_tokens": 256, "pooling": "own_cues"},
        }
    )
    assert found == {
        "clip_seconds": 1.5,
        "resnet.size": 64,
        "query_text.encoder": "roberta",
        "text.weights": "random",
        "text.architecture.hidden_size": 16,
        "text.tokenizer_sha256": "12",
        "query_text.max_tokens": 30,
        "subtitle_text.max_tokens": 256,
        "subtitle_text.pooling": "own_cues",
    }


def test_what_another_encoder_made_of_queries_is_called_after_it():
    made = {"encoder": "clip", "clip_output": "sentence", "weights": "random", "max_tokens": 30, "stream": "query"}
    spoken = {"weights": "sha256:1", "stream": "subtitle", "max_tokens": 256}
    assert of_provenances({"query": made, "subtitle": spoken}) == {
        "query_text.encoder": "clip",
        "query_text.clip_output": "sentence",
        "query_text.clip.weights": "random",
        "query_text.clip.max_tokens": 30,
        "text.weights": "sha256:1",
        "subtitle_text.max_tokens": 256,
    }


def test_one_error_names_both_sides_of_all_differences():
    there = {"model": "amdnet", "resnet.size": 224, "features.streams": ["resnet"], "query_size": 8, "only there": 1}
    here = {"model": "amdnet", "resnet.size": 64, "features.streams": ["slowfast", "resnet"], "query_size": None}
    with pytest.raises(PipelineError) as caught:
        refuse_differences(REUSED, there, {**here, "only here": 1})
    message = str(caught.value)
    assert "resnet.size: 64 here, 224 there" in message
    assert "features.streams: slowfast, resnet here, resnet there" in message
    assert "/trained" in message and "train.reuse=none" in message
    assert not any(name in message for name in ("model:", "query_size", "only"))
    refuse_differences(REUSED, there, {**there, "query_size": None})


def test_a_model_that_does_not_say_how_its_features_were_made_is_refused():
    with pytest.raises(PipelineError, match="an older version of this program trained the model"):
        facts({"features": {"streams": ["resnet"]}}, REUSED)
