"""Measures how long an epoch of training takes, data and compute apart, against a plain loop; or times ranking.

    python -m benchmarks.training --json training.json
    AMDNET_DEVICE=cuda python -m benchmarks.training --model gmmformer --videos 17435
    python -m benchmarks.training --evaluate

The recipes are those that were published for TVR, and the features are random, of TVR's shape
(benchmarks/synthetic.py). Each loop has a process of its own. They run by turns, after an epoch each that does not
count, and the median of `--repeats` epochs is printed. The plain loop (benchmarks/plain_training.py) has at most 512
videos; its seconds are scaled to all. With `--evaluate`, AMDNet ranks 2,179 videos for 10,895 queries, as many as TVR's
validation split has; the time for encoding and the time for scores, ranks and answers are printed apart.
"""

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from benchmarks import synthetic
from benchmarks.machine import machine
from benchmarks.plain_training import PlainLoop
from experiments.markdown import table_lines
from pipeline.core import runtime
from pipeline.core.runtime import threads
from pipeline.evaluation.ranking import rank_corpus
from pipeline.models.common.blocks import initialize
from pipeline.models.common.recipe import GradientRecipe
from pipeline.models.common.recipe_file import MODELS
from pipeline.models.common.registry import build
from pipeline.ops import keep_memory
from pipeline.retrieval.index import Index
from pipeline.training.batches import Batches
from pipeline.training.loop import optimizer_of, threads_of, train_step

NAMES = ("amdnet", "gmmformer", "ms_sl")
RECIPES = Path(__file__).resolve().parents[1] / "recipes"
PLAIN_VIDEOS, VALIDATION_VIDEOS = 512, 2179
MAX_TOKENS = 30


def main() -> None:
    parser = argparse.ArgumentParser(description="Time training, or ranking.")
    parser.add_argument("--model", choices=[*NAMES, "all"], default="all")
    parser.add_argument(
        "--query-form",
        choices=["token", "sentence"],
        default="token",
        help="query_form of AMDNet's recipe (default: %(default)s)",
    )
    parser.add_argument("--videos", type=int, default=512, help="5 queries each; TVR has 17435 (default: %(default)s)")
    parser.add_argument(
        "--repeats", type=int, default=3, help="rounds, of which the median counts (default: %(default)s)"
    )
    parser.add_argument("--evaluate", action="store_true", help="time ranking instead of training")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    options = parser.parse_args()
    if options.evaluate:
        rows = [ranking(options.query_form, options.repeats)]
    else:
        names = NAMES if options.model == "all" else [options.model]
        rows = [training(name, options.query_form, options.videos, options.repeats) for name in names]
    print("\n".join(table_lines(list(rows[0]), [row.values() for row in rows])))
    print(", ".join(machine().values()))
    if options.json:
        options.json.write_text(json.dumps({**machine(), "rows": rows}, indent=2) + "\n")


def recipe_of(name: str, query_form: str, recipe: str = "tvr") -> GradientRecipe:
    """Read a recipe of a model; query_form replaces that of AMDNet's recipe, and does not count for other models."""
    values = MODELS.read(name, RECIPES)[recipe]
    assert isinstance(values, GradientRecipe)
    return values.model_copy(update={"query_form": query_form}) if name == "amdnet" else values


def training(name: str, query_form: str, videos: int, repeats: int) -> dict[str, str | float]:
    """Measure one row of the table: a model in both loops."""
    counts = {"ours": videos, "plain": min(videos, PLAIN_VIDEOS)}
    times: dict[str, list[tuple[float, ...]]] = {loop: [] for loop in counts}
    with tempfile.TemporaryDirectory() as folder:
        processes = {loop: _process(loop, name, query_form, count, folder) for loop, count in counts.items()}
        for number in range(1 + repeats):
            for loop, process in processes.items():
                times[loop].append(process.submit(_epoch, number).result())
        for process in processes.values():
            process.shutdown()
    row: dict[str, str | float] = {"model": f"amdnet, {query_form}" if name == "amdnet" else name, "videos": videos}
    totals = {}
    for loop, measured in times.items():
        scale = videos / counts[loop]
        data, compute = (scale * statistics.median(epoch[part] for epoch in measured[1:]) for part in (0, 1))
        totals[loop] = data + compute
        row |= {f"{loop}: data (s)": round(data, 3), f"{loop}: compute (s)": round(compute, 2)}
        row |= {f"{loop}: peak (GiB)": round(max(epoch[2] for epoch in measured), 2)}
    share = 100 * row["ours: data (s)"] / totals["ours"]
    return row | {"data (%)": round(share, 2), "plain / ours": round(totals["plain"] / totals["ours"], 2)}


def _process(loop: str, *what: object) -> ProcessPoolExecutor:
    """Start a process for one loop; the fast CPU paths are off for the plain one."""
    os.environ["AMDNET_FAST_CPU"] = "1" if loop == "ours" else "0"
    process = ProcessPoolExecutor(1, get_context("spawn"), _prepare, (loop, *what))
    process.submit(os.getpid).result()
    return process


def _prepare(loop: str, name: str, query_form: str, videos: int, folder: str) -> None:
    """Make data and model, in the loop's own process."""
    global batches, model, optimizer
    recipe, device = recipe_of(name, query_form), runtime.device()
    if loop == "plain":
        batches = PlainLoop(Path(folder), videos, recipe, device)
    else:
        keep_memory()
        corpus = synthetic.corpus(videos, recipe)
        batches = Batches(corpus, corpus.labels, recipe.batch_videos, device)
    model = build(name, synthetic.VIDEO_SIZE, synthetic.QUERY_SIZE, recipe, MAX_TOKENS)
    initialize(model, 0)
    model.to(device).train()
    steps = recipe.epochs * (1 + videos // recipe.batch_videos)
    optimizer = optimizer_of(model, recipe, steps)


def _epoch(number: int) -> tuple[float, float, float]:
    """Train for one epoch; returns seconds for data, seconds for compute, and the peak memory so far in GiB.

    The memory is that of the GPU where there is one.
    """
    data = compute = 0.0
    with threads(threads_of(model.recipe)):
        started = time.perf_counter()
        for batch in batches.epoch(0, number):
            _wait()
            loaded = time.perf_counter()
            train_step(model, batch, optimizer, epoch=1)
            _wait()
            ended = time.perf_counter()
            data, compute, started = data + loaded - started, compute + ended - loaded, ended
    on_gpu = runtime.device().type == "cuda"
    peak = torch.cuda.max_memory_allocated() if on_gpu else 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return data, compute, peak / 2**30


def _wait() -> None:
    if runtime.device().type == "cuda":
        torch.cuda.synchronize()


def ranking(query_form: str, repeats: int) -> dict[str, str | float]:
    """Measure the row of the ranking: the encoding is timed within it, and the rest counts as scoring."""
    keep_memory()
    recipe, device = recipe_of("amdnet", query_form), runtime.device()
    corpus = synthetic.corpus(VALIDATION_VIDEOS, recipe)
    model = build("amdnet", synthetic.VIDEO_SIZE, synthetic.QUERY_SIZE, recipe, MAX_TOKENS)
    initialize(model, 0)
    model.to(device)
    encoding = 0.0

    def timed(encode: Callable) -> Callable:
        def call(*arguments: Any) -> Any:
            nonlocal encoding
            _wait()
            started = time.perf_counter()
            encoded = encode(*arguments)
            _wait()
            encoding += time.perf_counter() - started
            return encoded

        return call

    for method in ("encode_video", "encode_query"):
        setattr(model, method, timed(getattr(model, method)))
    parts = []
    for _ in range(1 + repeats):
        encoding, started = 0.0, time.perf_counter()
        rank_corpus(Index.build(model, corpus, device), corpus)
        parts.append((encoding, time.perf_counter() - started - encoding))
    encoded, scored = (statistics.median(part[index] for part in parts[1:]) for index in (0, 1))
    row = {"ranking": f"amdnet, {query_form}", "videos": len(corpus.video_ids), "queries": len(corpus.query_ids)}
    return row | {"encoding (s)": round(encoded, 2), "scoring (s)": round(scored, 2)}


if __name__ == "__main__":
    main()
