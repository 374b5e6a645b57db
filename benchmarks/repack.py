"""Measures what extraction costs where the store has every video already, in seconds a gigabyte of feature file.

    python -m benchmarks.repack --videos 200

It fills a store with random rows under the keys of videos that do not exist, then times `pipeline.extraction.run.run`.
The entries were just written, so that they are read from the operating system's cache; a slower disk adds its own time.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.machine import machine
from pipeline.backbones.slowfast.params import SlowFastParams
from pipeline.backbones.slowfast.stream import SlowFastStream
from pipeline.core import runtime
from pipeline.core.manifest import Video
from pipeline.core.params import load
from pipeline.extraction.run import run
from pipeline.feature_io.store import Entry, Store, entry_key
from pipeline.video.params import DecodeParams

CLIPS, SIZE = 800, 2304  # 20 minutes of video


def main() -> None:
    parser = argparse.ArgumentParser(description="Time writing a feature file from the store again.")
    parser.add_argument("--videos", type=int, default=200, help="of 20 minutes each (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="of which the median counts (default: %(default)s)")
    options = parser.parse_args()
    params = load("clip_seconds", DecodeParams, SlowFastParams)
    stream = SlowFastStream(params.slowfast, params.clip_seconds, params.decode)
    videos = [
        Video(f"video{number:06}", "nowhere", f"{number:064x}", 1200.0, ("train",)) for number in range(options.videos)
    ]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AMDNET_STORE"] = f"{folder}/store"
        fill(Store(runtime.store_root(), stream.name), videos, stream.provenance)
        seconds = []
        for _ in range(options.repeats):
            started = time.perf_counter()
            assert run(stream, videos, Path(folder), 0.0)["reused"] == len(videos)
            seconds.append(time.perf_counter() - started)
        gigabytes = (Path(folder) / "slowfast.h5").stat().st_size / 1e9
    found = machine()
    print(
        f"{statistics.median(seconds) / gigabytes:.2f} s a GB ({gigabytes:.2f} GB, {len(videos)} videos; "
        f"{found['machine']}; commit {found['commit']})"
    )


def fill(store: Store, videos: list[Video], provenance: dict) -> None:
    rows = np.random.default_rng(0).normal(size=(CLIPS, SIZE)).astype(np.float16)
    attributes = {"clips": CLIPS, "duration": 1200.0, "fps": 25.0, "decoder": "pyav", "device": "cpu", "libraries": {}}
    for video in videos:
        store.put(entry_key(video.sha256, provenance), Entry({"rows": rows}, attributes))


if __name__ == "__main__":
    main()
