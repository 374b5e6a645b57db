"""The benchmark of reading a split: both ways give the same tensors, and ours reads them once."""

import pytest
import torch

from benchmarks import corpus, plain_corpus
from pipeline.corpus.corpus import load_corpus
from pipeline.corpus.params import FeaturesParams


@pytest.mark.parametrize("frames", [0, 48])
def test_the_plain_way_reads_the_same_tensors(tmp_path, monkeypatch, frames):
    monkeypatch.setenv("AMDNET_STORE", str(tmp_path / "store"))
    corpus.make_files(tmp_path, 12)
    params = FeaturesParams(streams=["pack"], normalize="stream")
    ours = load_corpus(tmp_path, tmp_path, "train", params, corpus.recipe_of(frames))
    plain = plain_corpus.read(tmp_path, ours.video_ids, ours.query_ids, corpus.CLIPS, frames)
    assert torch.equal(ours.videos.clips, plain.clips) and torch.equal(ours.videos.frames[:-1], plain.frames)
    assert torch.equal(ours.query, plain.query) and torch.equal(ours.query_mask, plain.query_mask)
    assert len(ours.video_ids) == 12 and len(ours.query_ids) == 60


def test_each_reading_has_a_row(tmp_path):
    rows = corpus.measure(tmp_path, 12, 0)
    assert [row["reading"] for row in rows] == ["plain", "first", "second"]
    assert all(row["seconds"] > 0 and row["own memory, peak (GiB)"] > 0 for row in rows)
    assert len({row["tensors (GB)"] for row in rows}) == 1
