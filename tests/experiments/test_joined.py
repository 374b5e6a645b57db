"""The pack that experiments/joined.py writes: the stages import it, and its queries find their part of a video."""

import json
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from experiments import joined
from experiments.settings import changed, read_settings, write_settings
from pipeline.core.manifest import read_queries, read_videos
from stages import pack, prepare, query_text, scan

ROOT = Path(__file__).resolve().parents[2]
WORDS, VIDEOS = 300, 12


@pytest.fixture
def sources(tmp_path):
    """Annotations of 60 videos of three sentences each, and word vectors."""
    draw = np.random.default_rng(0)
    words = [chr(97 + number // 26 % 26) + chr(97 + number % 26) + "x" * (number // 676) for number in range(WORDS)]
    np.savez(tmp_path / "vectors.npz", V=words, E=draw.standard_normal((WORDS, 20)).astype(np.float16))
    videos = {
        f"v_{number}": {"sentences": [" ".join(draw.choice(words, 5)).capitalize() + ", unheard." for _ in range(3)]}
        for number in range(60)
    }
    (tmp_path / "train.json").write_text(json.dumps(videos))
    return tmp_path


def write(sources, monkeypatch, name, noise=1.0):
    arguments = [
        "--sentences",
        "train.json",
        "--vectors",
        "vectors.npz",
        "--videos",
        str(VIDEOS),
        "--noise",
        str(noise),
    ]
    monkeypatch.chdir(sources)
    monkeypatch.setattr(sys, "argv", ["joined", name, *arguments])
    joined.main()
    return sources / name


def test_the_stages_import_it_whole(sources, monkeypatch):
    changes = {"dataset": "pack", "source": str(write(sources, monkeypatch, "made"))}
    write_settings(changed(read_settings(ROOT), changes), sources)
    for stage in (scan, prepare, query_text, pack):
        stage.main()
    videos, queries = read_videos("outputs/manifest/videos.jsonl"), read_queries("outputs/manifest/queries.jsonl")
    assert len(videos) == VIDEOS and len(queries) == VIDEOS * joined.SCENES * joined.QUERIES
    assert {video.splits for video in videos} == {("train",), ("val",), ("test",)}
    for query in queries:
        ((start, end),) = query.spans
        assert joined.SECONDS[0] <= end - start <= joined.SECONDS[1]


def test_rows_of_a_scene_are_more_alike_than_those_of_different_ones(sources, monkeypatch):
    folder = write(sources, monkeypatch, "made") / "joined"
    with h5py.File(folder / "FeatureData" / "scenes.hdf5") as file:
        videos = {name: file[name][:].astype(np.float32) for name in file}
    for line in (folder / "TextData" / "joinedtrain.moments.jsonl").read_text().splitlines():
        moment = json.loads(line)
        rows, scene = videos[moment["vid_name"]], slice(*map(int, moment["ts"]))
        assert len(rows) == moment["duration"] and np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)
        others = np.delete(rows, scene, axis=0)
        assert (rows[scene] @ rows[scene].T).mean() > (rows[scene] @ others.T).mean() + 0.01


def test_it_is_the_same_each_time(sources, monkeypatch):
    one, two = (write(sources, monkeypatch, name) / "joined" / "TextData" for name in ("one", "two"))
    for path in one.glob("*.txt"):
        assert path.read_bytes() == (two / path.name).read_bytes()
