"""Measures what each fast CPU path of pipeline/ops gains, in a training step and in encoding.

    python -m benchmarks.ops
    python -m benchmarks.ops --model gmmformer --recipe tvr --rounds 9

In every round it times a training step with all paths and without each of them, by turns, and in the same way the
encoding of a batch of videos and 512 queries. A cell is the median over the rounds of the time with the path divided by
the time without it: by the clock, and in brackets in CPU time. The recipes are `default` and the published one for TVR,
on random features of TVR's shape.
"""

import argparse
import itertools
import os
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from unittest.mock import patch

import torch

from benchmarks import synthetic
from benchmarks.machine import machine
from benchmarks.training import MAX_TOKENS, NAMES, recipe_of
from experiments.markdown import table_lines
from pipeline.core.runtime import threads
from pipeline.corpus.videos import Videos
from pipeline.models.common.blocks import initialize
from pipeline.models.common.registry import build
from pipeline.ops import dropout, keep_memory, linear_map, parts
from pipeline.training.batches import Batches
from pipeline.training.loop import optimizer_of, threads_of, train_step

CPU = torch.device("cpu")
QUERIES = 512
WITHOUT = {  # what is patched to switch a path off, in the process that has all paths
    "linear": (linear_map, "fast_cpu", lambda: False),
    "Dropout": (dropout, "fast_cpu", lambda: False),
    "in_parts": (parts, "fast_cpu", lambda: False),
    "in_parts: side by side": (parts, "encode_parts", lambda encode, cut, _: [encode(*part) for part in cut]),
}
PROCESSES = ("all on", "keep_memory", "all")
PATHS = ("all on", *WITHOUT, "keep_memory", "all")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the fast CPU paths.")
    parser.add_argument("--model", choices=[*NAMES, "all"], default="all")
    parser.add_argument("--recipe", choices=["default", "tvr", "all"], default="all")
    parser.add_argument(
        "--rounds", type=int, default=7, help="rounds, of which the median counts (default: %(default)s)"
    )
    options = parser.parse_args()
    names = NAMES if options.model == "all" else [options.model]
    recipes = ["default", "tvr"] if options.recipe == "all" else [options.recipe]
    rows = [row for recipe in recipes for name in names for row in ratios(name, recipe, options.rounds)]
    print("\n".join(table_lines(["path", "recipe", "model", "training step", "encoding"], rows)))
    print(", ".join(machine().values()))


def ratios(name: str, dataset: str, rounds: int) -> list[list[str]]:
    """Measure the rows of a model with the recipe `dataset`."""
    processes = {process: _process(process, name, dataset) for process in PROCESSES}
    times = {(path, work): [] for path in PATHS for work in ("step", "encoding")}
    for number in range(1 + rounds):
        for work in ("step", "encoding"):
            for path in PATHS if number % 2 else reversed(PATHS):
                taken = processes.get(path, processes["all on"]).submit(_timed, work, path).result()
                times[path, work].append(taken)
    for process in processes.values():
        process.shutdown()
    return [[path, dataset, name, *(_cell(times, path, work) for work in ("step", "encoding"))] for path in PATHS[1:]]


def _cell(times: dict[tuple[str, str], list[tuple[float, float]]], path: str, work: str) -> str:
    """Write a cell of the table; the first round, in which memory is touched for the first time, is left out."""
    rounds = list(zip(times["all on", work], times[path, work], strict=True))[1:]
    clock, processors = (statistics.median(on[kind] / off[kind] for on, off in rounds) for kind in (0, 1))
    return f"{clock:.2f} ({processors:.2f})"


def _process(path: str, *what: str) -> ProcessPoolExecutor:
    """Start a process in which `path` is off; `what`: model and recipe, see `_prepare`."""
    os.environ["AMDNET_FAST_CPU"] = "0" if path == "all" else "1"
    process = ProcessPoolExecutor(1, get_context("spawn"), _prepare, (path != "keep_memory", *what))
    process.submit(os.getpid).result()
    return process


def _prepare(keep: bool, name: str, dataset: str) -> None:
    """Make data and model, in the process that measures."""
    global corpus, batches, model, optimizer
    if keep:
        keep_memory()
    recipe = recipe_of(name, "token", dataset)
    corpus = synthetic.corpus(recipe.batch_videos, recipe)
    of_corpus = Batches(corpus, corpus.labels, recipe.batch_videos, CPU)
    batches = itertools.chain.from_iterable(of_corpus.epoch(0, epoch) for epoch in itertools.count(1))
    model = build(name, synthetic.VIDEO_SIZE, synthetic.QUERY_SIZE, recipe, MAX_TOKENS)
    initialize(model, 0)
    optimizer = optimizer_of(model, recipe, 10**6)


def _timed(work: str, path: str) -> tuple[float, float]:
    """Measure `work` with `path` off: seconds by the clock, and seconds of CPU time."""
    off = patch.object(*WITHOUT[path]) if path in WITHOUT else nullcontext()
    with off, threads(threads_of(model.recipe)):
        batch = next(batches)
        model.train(work == "step")
        started, busy = time.perf_counter(), time.process_time()
        if work == "step":
            train_step(model, batch, optimizer, epoch=1)
        else:
            _encode(batch.videos)
        return time.perf_counter() - started, time.process_time() - busy


@torch.inference_mode()
def _encode(videos: Videos) -> None:
    model.index(model.encode_video(videos))
    model.encode_query(corpus.query[:QUERIES], corpus.query_mask[:QUERIES])


if __name__ == "__main__":
    main()
