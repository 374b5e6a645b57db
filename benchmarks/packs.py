"""Measures what importing a feature pack of TVR's size takes: seconds and peak memory of the stages that read it.

    python -m benchmarks.packs

It writes a pack of 21,793 videos of 51 rows x 3072 on average, each with 5 queries of 15 tokens x 768 on average, and
then runs the stages. The pack takes 18.8 GB in a temporary folder (TMPDIR names another), and what is imported as much
again.
Test: tests/benchmarks/test_packs.py.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np

from benchmarks.machine import machine
from benchmarks.memory import peak_of
from benchmarks.synthetic import QUERIES, QUERY_SIZE, TOKENS, VIDEO_SIZE
from pipeline.core.cli import run
from pipeline.core.files import read_yaml, write_json

ROWS = (34, 68)  # fewest and most a video: on average as many as in the published pack
SPLITS = {"train": 0.8, "val": 0.9, "test": 1.0}  # where each ends, as a share of the videos
STAGES = ("scan", "prepare", "pack", "query_text")
MEASURED = (
    'import runpy, sys; runpy.run_module(sys.argv[1], run_name="__main__"); print(open("/proc/self/status").read())'
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.packs", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--videos", type=int, default=21793, help="how many videos (default: %(default)s, as many as TVR has)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pack(folder / "source" / "tvr", options.videos)
        size = sum(path.stat().st_size for path in (folder / "source").rglob("*") if path.is_file()) / 1e9
        params = read_yaml("params.yaml", absent="run from the top folder")
        write_json(folder / "params.yaml", {**params, "dataset": "pack", "source": str(folder / "source")})
        shutil.copytree("recipes", folder / "recipes")
        for stage in STAGES:
            seconds, peak = measured(f"stages.{stage}", folder)
            print(f"{stage}: {seconds:.0f} s, at most {peak} MiB", flush=True)
    found = machine()
    print(f"{options.videos} videos, {size:.1f} GB ({found['machine']}; commit {found['commit']})")


def measured(module: str, folder: Path) -> tuple[float, int]:
    """Run a module in the folder, and measure its seconds and its peak memory in MiB."""
    paths = {"PYTHONPATH": str(Path.cwd()), "AMDNET_STORE": str(folder / "store")}
    command = [sys.executable, "-c", MEASURED, module]
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **paths}, check=True, stdout=subprocess.PIPE, text=True
    )
    return time.perf_counter() - started, peak_of(done.stdout)


def write_pack(root: Path, count: int) -> None:
    """Write a pack of `count` videos, whose rows are stretches of some thousand random rows, into the folder `root`."""
    features, texts = root / "FeatureData" / "i3d_resnet", root / "TextData"
    features.mkdir(parents=True)
    texts.mkdir()
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((4096, VIDEO_SIZE), dtype=np.float32)
    tokens = draw.standard_normal((4096, QUERY_SIZE), dtype=np.float32)
    videos = {f"show_s01e01_seg02_clip_{number}": int(draw.integers(ROWS[0], ROWS[1] + 1)) for number in range(count)}
    names = {video: [f"{video}_{row}" for row in range(length)] for video, length in videos.items()}
    with open(features / "feature.bin", "wb") as stream:
        for length in videos.values():
            _some(rows, length, draw).tofile(stream)
    (features / "id.txt").write_text(" ".join(name for rows_of in names.values() for name in rows_of))
    (features / "shape.txt").write_text(f"{sum(videos.values())} {VIDEO_SIZE}\n")
    (features / "video2frames.txt").write_text(str(names))
    ids, bounds = list(videos), [0, *(int(end * count) for end in SPLITS.values())]
    with h5py.File(texts / "roberta_tvr_query_feat.hdf5", "w") as file:
        for split, (start, end) in zip(SPLITS, pairwise(bounds), strict=True):
            queries = [f"{video}#enc#{number}" for video in ids[start:end] for number in range(QUERIES)]
            (texts / f"tvr{split}.caption.txt").write_text("".join(f"{query} Somebody acts.\n" for query in queries))
            for query in queries:
                file[query] = _some(tokens, int(draw.integers(TOKENS[0], TOKENS[1] + 1)), draw)


def _some(rows: np.ndarray, length: int, draw: np.random.Generator) -> np.ndarray:
    start = draw.integers(len(rows) - length)
    return rows[start : start + length]


if __name__ == "__main__":
    run(main)
