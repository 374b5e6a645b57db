"""The engine finds what exact search finds, for all models, in few partitions; its file is the same in every run.

Needs the optional package faiss-cpu; skips without it.
"""

from dataclasses import replace

import pytest
import torch
from helpers.indexed import asked, index_of
from helpers.models import SUBTITLE_SIZE, VIDEO_SIZE

from pipeline.engines import faiss_engine
from pipeline.engines.engine import search
from pipeline.engines.faiss_engine import build
from pipeline.engines.recall import exact_best, recall

pytest.importorskip("faiss", reason="the optional package faiss-cpu is not installed")
every_model = pytest.mark.parametrize("name", ["amdnet", "gmmformer", "ms_sl", "prem", "cca", "zero_shot"])


def built(model, folder, count=1200, still=False):
    index = index_of(model, count, VIDEO_SIZE, SUBTITLE_SIZE, still)
    return index, build(folder / "engine.faiss", index)


@every_model
def test_it_finds_what_exact_search_finds(make_model, tmp_path, name):
    index, engine = built(make_model(name), tmp_path)
    query = asked(index, 100)
    found = recall(index, engine, query, exact_best(index, query))
    assert engine.recall >= faiss_engine.ENOUGH and found > 0.95
    candidates = engine.candidates(query, 10)
    assert all(10 <= len(rows) <= 100 and torch.equal(rows, rows.unique()) for rows in candidates)
    assert f"{100 * engine.recall:.1f} %" in engine.says and "approximate" in engine.says


def test_as_many_partitions_are_looked_into_as_it_takes(make_model, tmp_path):
    index, engine = built(make_model(), tmp_path)
    assert 1 < engine.probes < engine.file.nlist / 2
    query = asked(index, 100)
    best = exact_best(index, query)
    assert recall(index, replace(engine, probes=1), query, best) < recall(index, engine, query, best)


def test_equal_indexes_give_equal_bytes(make_model, tmp_path):
    model = make_model()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        built(model, tmp_path / name, 300)
    assert (tmp_path / "one/engine.faiss").read_bytes() == (tmp_path / "two/engine.faiss").read_bytes()


@pytest.mark.parametrize("share", [2, 7, 40])
def test_among_some_videos_it_finds_the_best_of_these(make_model, tmp_path, share):
    index, engine = built(make_model(), tmp_path)
    query, among = asked(index, 20), torch.arange(1200) % share == 0
    found = search(index, engine, query, 10, among)
    assert bool(among[found.video].all()) and found.video.shape == (20, 10)
    rows = among.nonzero()[:, 0]
    best = rows[exact_best(index.among(rows), query)]
    assert float((found.video[:, :, None] == best[:, None]).any(dim=1).float().mean()) > 0.9


def test_few_videos_are_all_candidates(make_model, tmp_path):
    _, engine = built(make_model(), tmp_path, 50)
    query, among = asked(index_of(make_model(), 50, VIDEO_SIZE, SUBTITLE_SIZE), 2), torch.arange(50) < 3
    assert [rows.tolist() for rows in engine.candidates(query, 5)] == [list(range(50))] * 2
    assert [rows.tolist() for rows in engine.candidates(query, 10, among)] == [[0, 1, 2]] * 2
    assert [rows.tolist() for rows in engine.candidates(query, 1, among & False)] == [[], []]


def test_equal_clips_of_a_video_take_the_place_of_no_other_video(make_model, tmp_path):
    index, engine = built(make_model("cca"), tmp_path, 900, still=True)
    assert engine.file.ntotal == 900
    assert all(len(rows) >= 80 for rows in engine.candidates(asked(index, 5), 80))


def test_padding_is_no_vector(make_model, tmp_path):
    index, engine = built(make_model("prem"), tmp_path, 80)
    assert engine.file.ntotal == int(index.vectors.mask.sum()) < index.vectors.mask.numel()


def test_many_more_videos_are_found_than_the_partitions_that_are_looked_into_hold(make_model, tmp_path):
    index, engine = built(make_model(), tmp_path)
    (rows,) = replace(engine, probes=1).candidates(asked(index, 1), 110)
    assert len(rows) >= 110


def test_one_video_is_found(make_model, tmp_path):
    index, engine = built(make_model(), tmp_path, 1)
    assert search(index, engine, asked(index, 1), 10).video.tolist() == [[0]] and engine.recall == 1
