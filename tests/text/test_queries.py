"""Query features: what is in the file, that it depends on nothing else, and that nothing is computed twice."""

import random

import numpy as np
import pytest
from helpers.hdf5 import attributes_of

from pipeline.core.manifest import Query
from pipeline.feature_io.hdf5 import FeatureFile
from pipeline.text import queries as module
from pipeline.text.queries import extract_queries

TEXTS = {
    "v1#0": "a red disc moves up",
    "v1#1": "a blue box moves down, then a green star turns left and then everything stops again",
    "v2#0": "红色的圆 🙂 naïve",
    "v2#1": "a red disc moves up",
    "v3#0": "stops",
}


def queries(texts: dict[str, str]) -> list[Query]:
    return [Query(query_id, query_id.split("#")[0], text, "train") for query_id, text in texts.items()]


def read(path) -> dict[str, np.ndarray]:
    with FeatureFile(path) as features:
        return {query_id: features[query_id] for query_id in features.ids()}


def test_one_dataset_a_query_cut_to_the_limit(encoder, store, tmp_path):
    metrics = extract_queries(queries(TEXTS), encoder, store, tmp_path / "query.h5")
    rows = read(tmp_path / "query.h5")
    assert set(rows) == set(TEXTS)
    for query_id, text in TEXTS.items():
        ids = encoder.tokenizer.ids(text)[:6]  # 8 with the two specials
        assert rows[query_id].dtype == np.float16
        np.testing.assert_array_equal(rows[query_id], encoder.roberta.features(ids).astype(np.float16))
    cut = sum(len(encoder.tokenizer.ids(text)) > 6 for text in TEXTS.values())
    assert cut and metrics["truncated"] == cut
    assert metrics["tokens"] == sum(map(len, rows.values()))
    assert (metrics["queries"], metrics["videos"], metrics["texts"], metrics["failed"]) == (5, 3, 4, 0)


def test_attributes_say_how_the_file_was_made(encoder, store, tmp_path):
    extract_queries(queries(TEXTS), encoder, store, tmp_path / "query.h5")
    with FeatureFile(tmp_path / "query.h5") as features:
        assert features.provenance["weights"] == "random (seed 0)"
        assert features.provenance["layer"] == "second to last"
        assert features.provenance["tokenizer"] == "corpus"
        assert features.provenance["tokenizer_sha256"] == encoder.tokenizer.sha256
        assert "transformers" in features.provenance["libraries"]
    assert attributes_of(tmp_path / "query.h5", "v3#0") == {"video_id": "v3", "text": "stops"}


def test_second_run_computes_nothing_and_gives_the_same_bytes(encoder, store, tmp_path):
    first = extract_queries(queries(TEXTS), encoder, store, tmp_path / "a.h5")
    second = extract_queries(queries(TEXTS), encoder, store, tmp_path / "b.h5")
    assert (first["computed"], first["reused"]) == (4, 0)
    assert (second["computed"], second["reused"]) == (0, 4)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_other_videos_change_no_bit_of_a_query(encoder, store, tmp_path):
    extract_queries(queries(TEXTS), encoder, store, tmp_path / "few.h5")
    more = {**TEXTS, "v0#0": "a green star", "v9#0": "a longer text than any other in the corpus, and different"}
    metrics = extract_queries(queries(more), encoder, store, tmp_path / "more.h5")
    assert (metrics["computed"], metrics["reused"]) == (2, 4)
    few, many = read(tmp_path / "few.h5"), read(tmp_path / "more.h5")
    for query_id in few:
        assert few[query_id].tobytes() == many[query_id].tobytes()


def test_order_of_the_queries_changes_no_byte(encoder, store, tmp_path):
    extract_queries(queries(TEXTS), encoder, store, tmp_path / "a.h5")
    shuffled = queries(TEXTS)
    random.Random(1).shuffle(shuffled)
    extract_queries(shuffled, encoder, type(store)(tmp_path / "other", "text"), tmp_path / "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_interrupted_run_keeps_what_it_finished(encoder, store, tmp_path, monkeypatch):
    compute, calls = module._compute, []

    def interrupted(encoder, ids):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(ids)
        return compute(encoder, ids)

    monkeypatch.setattr(module, "_compute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        extract_queries(queries(TEXTS), encoder, store, tmp_path / "query.h5")
    assert not (tmp_path / "query.h5").exists()
    monkeypatch.setattr(module, "_compute", compute)
    metrics = extract_queries(queries(TEXTS), encoder, store, tmp_path / "query.h5")
    assert (metrics["computed"], metrics["reused"]) == (2, 2)
    extract_queries(queries(TEXTS), encoder, type(store)(tmp_path / "other", "text"), tmp_path / "whole.h5")
    assert (tmp_path / "query.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()


def test_text_without_tokens_is_a_failure_with_its_name(encoder, store, tmp_path):
    metrics = extract_queries(queries({**TEXTS, "v4#0": " \n "}), encoder, store, tmp_path / "query.h5")
    assert metrics["failed"] == 1
    assert metrics["failures"] == [
        {"query_id": "v4#0", "video_id": "v4", "stream": "query", "cause": "no token in its text"}
    ]
    assert set(read(tmp_path / "query.h5")) == set(TEXTS)


def test_no_queries_give_an_empty_file(encoder, store, tmp_path):
    metrics = extract_queries([], encoder, store, tmp_path / "query.h5")
    assert metrics["queries"] == 0 and read(tmp_path / "query.h5") == {}
