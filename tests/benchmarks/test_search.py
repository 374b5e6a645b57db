"""The benchmark of searching: its vectors are clustered as a model's, and every way of searching has a row."""

import pytest
import torch

from benchmarks import search, search_corpus
from pipeline.retrieval.storage import open_index


def test_the_vectors_are_like_those_of_a_model(tmp_path):
    search_corpus.write_index(tmp_path / "index", 600)
    index = open_index(tmp_path / "index").index
    clips = index.vectors.clips
    torch.testing.assert_close(clips.norm(dim=-1), torch.ones(600, 32))
    assert 0.8 < float((clips[:, 1:] * clips[:, :-1]).sum(dim=-1).mean()) < 0.9
    means = clips.mean(dim=1)
    assert float((clips[:300, 0] * means[:300]).sum(dim=-1).mean()) > 5 * float((clips[:300, 0] * means[300:]).mean())
    near = search_corpus.queries(index, 50) @ clips.flatten(0, 1).T
    assert 0.5 < float((near.amax(dim=1)).mean()) < 1


def test_every_engine_has_a_row(tmp_path, monkeypatch):
    pytest.importorskip("faiss", reason="the optional package faiss-cpu is not installed")
    monkeypatch.setattr(search, "_alone", lambda work, *arguments: work(*arguments))
    exact, faiss = search.measure(tmp_path, 60, 2, 0.1)
    assert (exact["engine"], faiss["engine"]) == ("exact", "faiss") and list(exact) == list(faiss)
    assert exact["clips"] == 1920 and exact["exact / oneDNN"] > 0 and exact["recall@10"] == 1
    assert faiss["built (s)"] >= 0 and 0.9 <= faiss["recall@10"] <= 1 and faiss["size (MB)"] < exact["size (MB)"]
