"""Measures how long reading a split takes, the first time and the second, and how much memory, against a plain reader.

    python -m benchmarks.corpus
    python -m benchmarks.corpus --frames 128 --videos 4000 --folder /scratch

The feature files are random, in the shapes of TVR's published pack: 40 to 62 rows x 3072 a video, 5 queries of 10 to 20
tokens x 768 a video, float16. Before each reading the system's cache of the files is dropped, and each reading has a
process of its own. The memory is what belongs to the process alone, without the pages of mapped files, which the system
takes back where memory is short. The plain reader (plain_corpus.py) reads at most 1,000 videos, because its memory
grows with their number.
"""

import argparse
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from benchmarks import plain_corpus
from benchmarks.machine import machine
from experiments.markdown import table_lines
from pipeline.core.manifest import Query, Video, read_queries, read_videos, write_queries, write_videos
from pipeline.corpus.corpus import load_corpus
from pipeline.corpus.params import FeaturesParams
from pipeline.feature_io.hdf5 import Item, write_features

TVR_VIDEOS, PLAIN_VIDEOS, QUERIES = 17435, 1000, 5
ROWS, TOKENS = (40, 62), (10, 20)
VIDEO_SIZE, QUERY_SIZE = 3072, 768
CLIPS = 32
SECONDS_BETWEEN_LOOKS = 0.01


def main() -> None:
    parser = argparse.ArgumentParser(description="Time reading a split, and measure its memory.")
    parser.add_argument("--videos", type=int, default=TVR_VIDEOS, help="5 queries each (default: %(default)s, as TVR)")
    parser.add_argument(
        "--frames",
        type=int,
        default=0,
        help="most frame rows a video; 128 for GMMFormer and MS-SL (default: %(default)s)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        help="a folder with room for a few times 7 GB (default: the system's for temporary files)",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        rows = measure(Path(folder), options.videos, options.frames)
    print("\n".join(table_lines(list(rows[0]), [row.values() for row in rows])))
    print(", ".join(machine().values()))


def measure(folder: Path, videos: int, frames: int) -> list[dict[str, str | int | float]]:
    """Measure the rows of the table; the files and the store are made below `folder`."""
    rows = []
    for reading, how, count in (
        ("plain", _plain, min(videos, PLAIN_VIDEOS)),
        ("first", _ours, videos),
        ("second", _ours, videos),
    ):
        files = folder / str(count)
        if not files.exists():
            make_files(files, count)
        for file in files.glob("*.h5"):
            forget(file)
        size = sum(file.stat().st_size for file in files.glob("*.h5")) / 1e9
        with ProcessPoolExecutor(1, get_context("spawn"), _prepare, (str(folder / "store"),)) as process:
            seconds, peak, tensors = process.submit(how, files, frames).result()
        row = {"reading": reading, "videos": count, "queries": QUERIES * count, "files (GB)": round(size, 2)}
        row |= {"tensors (GB)": round(tensors / 1e9, 2), "seconds": round(seconds, 2)}
        rows.append(row | {"GB/s": round(size / seconds, 2), "own memory, peak (GiB)": round(peak, 2)})
    return rows


def make_files(folder: Path, videos: int) -> None:
    """Write a manifest and feature files of so many videos, whose rows are stretches of a pool of random rows."""
    random = np.random.default_rng(0)
    ids = [f"v{number:06}" for number in range(videos)]
    queries = [f"{id}#{number}" for id in ids for number in range(QUERIES)]
    write_videos(folder / "videos.jsonl", [Video(id, None, "0" * 64, 76.0, ("train",)) for id in ids])
    asked = [Query(id, id.split("#")[0], "somebody says something to somebody else", "train") for id in queries]
    write_queries(folder / "queries.jsonl", asked)
    for name, listed, size, (least, most) in (("pack", ids, VIDEO_SIZE, ROWS), ("query", queries, QUERY_SIZE, TOKENS)):
        pool = random.standard_normal((1000 + most, size), dtype=np.float32).astype(np.float16)
        lengths, starts = random.integers(least, most + 1, len(listed)), random.integers(0, 1000, len(listed))
        cuts = zip(listed, starts.tolist(), lengths.tolist(), strict=True)
        write_features(
            folder / f"{name}.h5", (Item(id, pool[start : start + rows], {}) for id, start, rows in cuts), {}
        )


def forget(file: Path) -> None:
    """Drop the system's cache of a file, so that it is read from the disk the next time."""
    with open(file, "rb") as opened:
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _prepare(store: str) -> None:
    os.environ["AMDNET_STORE"] = store


def recipe_of(frames: int) -> SimpleNamespace:
    """What loading a corpus asks of a recipe."""
    return SimpleNamespace(
        clips=CLIPS, frames=frames, query_form="token", modalities=("visual",), own_pace=False, subtitles="subtitle"
    )


def _ours(folder: Path, frames: int) -> tuple[float, float, int]:
    params = FeaturesParams(streams=["pack"], normalize="stream")
    recipe = recipe_of(frames)

    def read() -> int:
        corpus = load_corpus(folder, folder, "train", params, recipe)
        return sum(tensor.nbytes for tensor in (*corpus.videos, corpus.query, corpus.query_mask))

    return watched(read)


def _plain(folder: Path, frames: int) -> tuple[float, float, int]:
    def read() -> int:
        videos = [video.video_id for video in read_videos(folder / "videos.jsonl")]
        queries = [query.query_id for query in read_queries(folder / "queries.jsonl")]
        return sum(tensor.nbytes for tensor in plain_corpus.read(folder, videos, queries, CLIPS, frames))

    return watched(read)


def watched(read: Callable[[], int]) -> tuple[float, float, int]:
    """Measure `read`: its seconds, the most memory of the process's own meanwhile (GiB), and what it returns."""
    peak, ended = 0, threading.Event()

    def look() -> None:
        nonlocal peak
        while not ended.wait(SECONDS_BETWEEN_LOOKS):
            peak = max(peak, own_memory())

    watcher = threading.Thread(target=look)
    watcher.start()
    started = time.perf_counter()
    tensors = read()
    seconds = time.perf_counter() - started
    ended.set()
    watcher.join()
    return seconds, max(peak, own_memory()) / 2**20, tensors


def own_memory() -> int:
    """Read how much memory of this process is backed by no file, in KiB."""
    status = Path("/proc/self/status").read_text()
    return sum(int(number) for number in re.findall(r"Rss(?:Anon|Shmem):\s+(\d+)", status))


if __name__ == "__main__":
    main()
