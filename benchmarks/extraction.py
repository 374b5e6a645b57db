"""Measures how fast extraction is, against its own parts and against a plain loop; all figures are from one run.

    python -m benchmarks.extraction --stream slowfast --size 224 --json slowfast.json
    python -m benchmarks.extraction --stream both --videos FOLDER
    python -m benchmarks.extraction --stream clip --frames 2

For each stream it measures by turns, over the same videos and `--repeats` times:
  (a) stage     `pipeline.extraction.run.run` with an empty store: hashing, surveying, decoding, model, store, writing
  (b) forward   the stream's model alone, over all clips, which were decoded before
  (c) decode    the stage's own decoding of the same frames, of as many videos at a time, without a model
  (d) plain     decord decodes each video whole, torch resizes the frames, the published network takes one clip at a
  time
      resizing  (d), but decord resizes the pictures as it decodes: the fastest loop of a few lines
The networks are built and the decoding processes started before; `build_seconds` tells how long building took.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from benchmarks.machine import machine
from benchmarks.plain import PlainLoop
from benchmarks.videos import generate
from benchmarks.vit_b32 import write_vit_b32
from experiments.markdown import table_lines
from pipeline.backbones.clip.params import ClipParams
from pipeline.backbones.clip.stream import ClipStream
from pipeline.backbones.resnet.params import ResNetParams
from pipeline.backbones.resnet.stream import ResNetStream
from pipeline.backbones.slowfast.params import SlowFastParams
from pipeline.backbones.slowfast.stream import SlowFastStream
from pipeline.core import runtime
from pipeline.core.content_hash import content_sha256
from pipeline.core.manifest import Video
from pipeline.core.params import load
from pipeline.extraction.extract import batches_of
from pipeline.extraction.run import run
from pipeline.extraction.stream import Stream
from pipeline.feature_io.hdf5 import FeatureFile
from pipeline.video.decode import open_video
from pipeline.video.params import DecodeParams
from pipeline.video.reader import VideoError

PLAIN_VIDEOS = 2  # that (d) extracts: it neither starts up nor gains by more; its seconds are scaled to all clips
SCHEMAS = {"slowfast": SlowFastParams, "resnet": ResNetParams, "clip": ClipParams}
STREAMS = {"slowfast": SlowFastStream, "resnet": ResNetStream, "clip": ClipStream}
BATCHES_KEPT = 64  # that (b) times: enough, and not the whole of a large corpus in memory


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the extraction of visual features.")
    parser.add_argument("--stream", choices=["slowfast", "resnet", "clip", "both"], default="both")
    parser.add_argument("--frames", type=int, default=1, help="frames a clip of CLIP ViT-B/32 (default: %(default)s)")
    parser.add_argument("--size", type=int, default=224, help="pixels of the short side (default: %(default)s)")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--videos", type=Path, help="a folder of videos (default: generated 720p h264)")
    parser.add_argument(
        "--seconds", type=float, default=12, help="length of each generated video (default: %(default)s)"
    )
    parser.add_argument("--count", type=int, default=8, help="number of generated videos (default: %(default)s)")
    parser.add_argument(
        "--repeats", type=int, default=3, help="rounds, of which the median counts (default: %(default)s)"
    )
    parser.add_argument("--without-plain", action="store_true", help="leave (d) out")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        if options.videos:
            paths = sorted(path for path in options.videos.iterdir() if path.suffix in (".mp4", ".mkv", ".webm"))
        else:
            paths = generate(Path(folder) / "videos", options.count, options.seconds)
        names = ["slowfast", "resnet"] if options.stream == "both" else [options.stream]
        results = [measure(name, paths, options, Path(folder)) for name in names]
    document = {**machine(), "videos": len(paths), "source": "real" if options.videos else "generated 720p h264"}
    document["results"] = results
    print(table(document))
    if options.json:
        options.json.write_text(json.dumps(document, indent=2) + "\n")


def measure(name: str, paths: list[Path], options: argparse.Namespace, folder: Path) -> dict:
    """Measure all figures of one stream."""
    params = load("clip_seconds", DecodeParams, SCHEMAS[name])
    changes: dict[str, Any] = {"precision": options.precision}
    if name == "clip":
        model = str(write_vit_b32(folder / "vit_b32"))
        changes |= {"model": model, "frames_per_second": options.frames / params.clip_seconds}
    else:
        changes["size"] = options.size
    section = getattr(params, name).model_copy(update=changes)
    stream = STREAMS[name](section, params.clip_seconds, params.decode)
    videos = [Video(path.name, str(path), content_sha256(path), 0.0, ("train",)) for path in paths]
    batches = decode(stream, paths, keep=BATCHES_KEPT)
    started = time.perf_counter()
    stream.encode(batches[0][:1] if name == "clip" else batches[0][:1, ..., :32, :32, :]).cpu()
    built = time.perf_counter() - started
    loops = (
        {}
        if options.without_plain or name == "clip"
        else {"plain": PlainLoop(stream, False), "resizing": PlainLoop(stream, True)}
    )

    timed: dict[str, list[tuple[float, float]]] = {}
    metrics, features = {}, {}
    for _ in range(options.repeats):
        with tempfile.TemporaryDirectory(dir=folder) as store:
            os.environ["AMDNET_STORE"] = store
            note(timed, "stage", lambda: metrics.update(quiet_run(stream, videos, folder)))
            features = rows_of(folder / f"{name}.h5")
        note(timed, "forward", lambda: forward(stream, batches))
        note(timed, "decode", lambda: decode(stream, paths))
        for key, loop in loops.items():
            note(timed, key, lambda: loop.extract(paths[:PLAIN_VIDEOS]))  # noqa: B023
    units = options.frames if name == "clip" else 1  # by default the other streams have one a clip
    scale = units * metrics["clips"] / sum(map(len, batches))
    wall = {key: statistics.median(wall for wall, _ in values) for key, values in timed.items()}
    cpu = {key: statistics.median(cpu for _, cpu in values) for key, values in timed.items()}
    wall["forward"], cpu["forward"] = wall["forward"] * scale, cpu["forward"] * scale
    for key, loop in loops.items():
        scale = metrics["clips"] / sum(map(len, loop.rows.values()))
        wall[key], cpu[key] = wall[key] * scale, cpu[key] * scale
    bound = max(wall["forward"], wall["decode"])
    shared = max(bound, (cpu["forward"] + cpu["decode"]) / len(os.sched_getaffinity(0)))
    figures = {
        "stream": f"clip, {options.frames} a clip," if name == "clip" else name, "size": stream.short_side,
        "precision": options.precision, "batch": stream.batch,
        "clips": metrics["clips"], "video_seconds": metrics["video_seconds"], "decoders": metrics["decoders"],
        "seconds": rounded(wall), "cpu_seconds": rounded(cpu),
        "stage / max(forward, decode)": round(wall["stage"] / bound, 3),
        "stage / max(forward, decode, cpu(forward + decode) / cores)": round(wall["stage"] / shared, 3),
        "clips_per_second": round(metrics["clips"] / wall["stage"], 2),
        "times_real_time": round(metrics["video_seconds"] / wall["stage"], 2),
        "share of the stage's CPU time spent decoding": round(cpu["decode"] / cpu["stage"], 3),
        "build_seconds": round(built, 2),
    }  # fmt: skip
    for key, loop in loops.items():
        figures[f"{key} / stage"] = round(wall[key] / wall["stage"], 3)
        figures[f"smallest cosine of stage and {key}"] = round(loop.agreement(features), 6)
    return figures


def note(timed: dict[str, list[tuple[float, float]]], name: str, work: Callable[[], object]) -> None:
    """Add to `timed` how long `work` takes: seconds by the clock, and seconds of CPU time of all its processes."""
    cpu, started = cpu_seconds(), time.perf_counter()
    work()
    timed.setdefault(name, []).append((time.perf_counter() - started, cpu_seconds() - cpu))


def cpu_seconds() -> float:
    """Read the CPU time that this process and its children have used."""
    here = psutil.Process()
    return sum(sum(process.cpu_times()[:2]) for process in [here, *here.children(recursive=True)])


def quiet_run(stream: Stream, videos: list[Video], folder: Path) -> dict:
    """Run the extraction without its lines on stderr; returns its metrics."""
    with redirect_stderr(StringIO()):
        return run(stream, videos, folder, 0.0)


def forward(stream: Stream, batches: list[torch.Tensor]) -> None:
    """Let the stream's model encode all batches, and wait for the result."""
    torch.cat([stream.encode(batch) for batch in batches]).cpu()


def decode(stream: Stream, paths: list[Path], keep: int = 0) -> list[torch.Tensor]:
    """Decode all planned frames into batches as the stage does; returns the first `keep` batches."""
    kept: list[torch.Tensor] = []

    def one(path: Path) -> None:
        for decoder in stream.decode.order:
            try:
                with open_video(path, stream.short_side, decoder, stream.decode, scaling=stream.scaling) as reader:
                    for batch in batches_of(reader, stream, stream.plan(reader.timeline)):
                        if len(kept) < keep:
                            kept.append(batch)
                return
            except VideoError:
                continue

    with ThreadPoolExecutor(runtime.decoders()) as pool:
        list(pool.map(one, paths))
    return kept


def rows_of(path: Path) -> dict[str, np.ndarray]:
    """Read the rows of every video of a feature file, as float32."""
    with FeatureFile(path) as file:
        return {id: file[id].astype(np.float32) for id in file.ids()}


def rounded(values: dict[str, float]) -> dict[str, float]:
    """Round every value to 3 decimals."""
    return {name: round(value, 3) for name, value in values.items()}


def table(document: dict) -> str:
    """Write the figures as a table in Markdown."""
    columns = ["stage", "forward", "decode", "plain", "resizing"]
    ratios = ["a / max(b, c)", "a / bound", "d / a", "resizing / a", "clips/s", "x real time"]
    heading = ["stream", "clips", *columns[:-1], f"{columns[-1]} (s)", *ratios]
    rows = [
        [
            f"{result['stream']} {result['size']} px {result['precision']}", result["clips"],
            *(result["seconds"].get(column, "") for column in columns), result["stage / max(forward, decode)"],
            result["stage / max(forward, decode, cpu(forward + decode) / cores)"], result.get("plain / stage", ""),
            result.get("resizing / stage", ""),
            result["clips_per_second"], result["times_real_time"],
        ]
        for result in document["results"]
    ]  # fmt: skip
    title = f"{document['source']}, {document['videos']} videos; {document['machine']}; commit {document['commit']}"
    return "\n".join([title, "", *table_lines(heading, rows)])


if __name__ == "__main__":
    main()
