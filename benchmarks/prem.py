"""Measures PREM: how long an epoch of its retriever and of its localizer takes, and localising.

    python -m benchmarks.prem --json prem.json
    python -m benchmarks.prem --measure localizer --steps 80 --device cuda

The recipes are those for TVR, and the features are random, of TVR's shape (`own_pace_corpus` in
benchmarks/synthetic.py). An epoch of the localizer is computed from `--steps` of its steps, each repeat of other ones;
one step before does not count. Data are the making of the batches, compute is the rest of a step. The share of matrix
products, linear maps and convolutions among them, is their share of the time of `--profiled` more steps, on a GPU of
its time and on the CPU in one thread, where nothing waits. Localising is everything from the tokens of a query and its
ten retrieved videos, encoded before, to the ranked spans; on the CPU in two threads. It is compared with its matrix
products alone: the same calls with the same tensors, and nothing between them.
"""

import argparse
import json
import re
import resource
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks import synthetic
from benchmarks.machine import machine
from benchmarks.training import MAX_TOKENS, RECIPES
from experiments.markdown import table_lines
from pipeline.core import runtime
from pipeline.core.runtime import threads
from pipeline.corpus.corpus import Corpus
from pipeline.localizer_training import loop as localizer_loop
from pipeline.localizer_training.examples import Examples
from pipeline.localizers.common import trained
from pipeline.localizers.common.interface import TrainedLocalizer
from pipeline.localizers.common.moments import localize_corpus
from pipeline.localizers.common.network_localizer import NetworkLocalizer
from pipeline.localizers.common.recipe import LOCALIZERS, TrainedLocalizerRecipe
from pipeline.models.common.blocks import initialize
from pipeline.models.common.interface import TrainedModel
from pipeline.models.common.recipe import GradientRecipe
from pipeline.models.common.recipe_file import MODELS
from pipeline.models.common.registry import build
from pipeline.ops import keep_memory
from pipeline.retrieval.search import Retrieved
from pipeline.training import loop
from pipeline.training.adamw import AdamW
from pipeline.training.batches import Batches
from pipeline.training.optimizer import decay_groups

PARTS = ("retriever", "localizer", "localizing")
SIZES = {
    "video_size": synthetic.OWN_PACE_SIZE,
    "query_size": synthetic.QUERY_SIZE,
    "max_query_tokens": MAX_TOKENS,
    "subtitle_size": synthetic.SUBTITLE_SIZE,
}
PRODUCT = re.compile(r"::(\w*mm|linear|matmul|conv1d|\w*convolution\w*|_linear_pointwise)(\.|$)")
"""The names of torch's operations that are matrix products."""
CORPUS_VIDEOS = 64
"""The videos of the corpus that is localised in; ten of them are looked at."""


class Training(NamedTuple):
    """What is trained: batches of an epoch by its number, how many they are, a step, and how many threads it uses."""

    epoch: Callable[[int], Iterator[Any]]
    steps: int
    step: Callable[[Any], Any]
    threads: int


def main() -> None:
    parser = argparse.ArgumentParser(description="Time PREM's training, and its localising.")
    parser.add_argument("--measure", choices=[*PARTS, "all"], default="all")
    parser.add_argument("--videos", type=int, default=512, help="5 queries each (default: %(default)s)")
    parser.add_argument(
        "--steps", type=int, default=8, help="steps that are timed of an epoch, at most (default: %(default)s)"
    )
    parser.add_argument("--profiled", type=int, default=2, help="steps that are profiled (default: %(default)s)")
    parser.add_argument(
        "--repeats", type=int, default=3, help="repeats, of which the median counts (default: %(default)s)"
    )
    parser.add_argument("--device", default=str(runtime.device()), help="cpu | cuda (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    options = parser.parse_args()
    measured = PARTS if options.measure == "all" else (options.measure,)
    common = (options.repeats, options.device)
    rows = [
        alone(training, name, options.videos, options.steps, options.profiled, *common)
        for name in measured
        if name != "localizing"
    ]
    found = [alone(localizing, queries, *common) for queries in (1, 64) if "localizing" in measured]
    for table in filter(None, (rows, found)):
        print("\n".join(table_lines(list(table[0]), [row.values() for row in table])), end="\n\n")
    print(", ".join(machine().values()))
    if options.json:
        options.json.write_text(json.dumps({**machine(), "training": rows, "localizing": found}, indent=2) + "\n")


def alone(measure: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """Call `measure` in a process of its own, so that the peak memory is its own, too."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(measure, *arguments).result()


def training(name: str, videos: int, steps: int, profiled: int, repeats: int, device: str) -> dict[str, str | float]:
    """Measure one row of the table of training: `retriever` or `localizer`."""
    keep_memory()
    make = {"retriever": _retriever, "localizer": _localizer}[name]
    what = make(videos, torch.device(device))
    with threads(what.threads):
        timed(what, 0, 1)
        times = [timed(what, 1 + number, steps) for number in range(repeats)]
    data, compute = (statistics.median(part) for part in zip(*times, strict=True))
    on_gpu = torch.device(device).type == "cuda"
    peak = torch.cuda.max_memory_allocated() if on_gpu else 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "training": f"{name} prem",
        "videos": videos,
        "steps timed": f"{min(steps, what.steps)} of {what.steps}",
        "data of an epoch (s)": round(data * what.steps, 3),
        "compute of an epoch (s)": round(compute * what.steps, 2),
        "data (%)": round(100 * data / (data + compute), 2),
        "matrix products (%)": round(100 * share_of_products(what, 1 + repeats, profiled, on_gpu), 1),
        "peak (GiB)": round(peak / 2**30, 2),
    }


def _retriever(videos: int, device: torch.device) -> Training:
    recipe = MODELS.read("prem", RECIPES)["tvr"]
    assert isinstance(recipe, GradientRecipe)
    corpus = synthetic.own_pace_corpus(videos, recipe)
    batches = Batches(corpus, corpus.labels, recipe.batch_videos, device)
    model = build("prem", recipe=recipe, **SIZES)
    assert isinstance(model, TrainedModel)
    initialize(model, 0)
    model.to(device).train()
    optimizer = loop.optimizer_of(model, recipe, recipe.epochs * batches.steps)
    return Training(
        lambda number: batches.epoch(0, number),
        batches.steps,
        lambda batch: loop.train_step(model, batch, optimizer, epoch=1),
        loop.threads_of(recipe),
    )


def _localizer(videos: int, device: torch.device) -> Training:
    recipe = localizer_recipe()
    corpus, network = synthetic.own_pace_corpus(videos, recipe), localizer_network(recipe, device)
    examples = Examples(
        corpus, random_negatives(corpus, recipe), recipe.batch_queries, recipe.negatives, "floor_ceil", device
    )
    steps = recipe.epochs * examples.steps
    optimizer = AdamW(decay_groups(network, recipe.weight_decay), recipe.learning_rate, steps, recipe.warmup)
    return Training(
        lambda number: examples.epoch(0, number),
        examples.steps,
        lambda batch: localizer_loop.train_step(network, batch, optimizer),
        localizer_loop.threads_of(recipe),
    )


def localizer_recipe() -> TrainedLocalizerRecipe:
    """Read the localizer's recipe for TVR."""
    recipe = LOCALIZERS.read("prem", RECIPES)["tvr"]
    assert isinstance(recipe, TrainedLocalizerRecipe)
    return recipe


def localizer_network(recipe: TrainedLocalizerRecipe, device: torch.device) -> TrainedLocalizer:
    """Build the localizer with random weights, ready for training."""
    network = trained.build("prem", recipe, SIZES)
    initialize(network, 0)
    return network.to(device).train()


def random_negatives(corpus: Corpus, recipe: TrainedLocalizerRecipe) -> torch.Tensor:
    """Draw for each query the videos that its negatives come from -> (Q, negatives_from) int64; none is its own."""
    videos = len(corpus.video_ids)
    size = (len(corpus.query_ids), min(recipe.negatives_from, videos - 1))
    return (corpus.labels[:, None] + torch.randint(1, videos, size)) % videos


def timed(what: Training, epoch: int, steps: int) -> tuple[float, float]:
    """Train for at most so many steps; returns seconds for data, and seconds for compute, the mean of a step."""
    data = compute = 0.0
    count, started = 0, time.perf_counter()
    for count, batch in enumerate(islice(what.epoch(epoch), steps), 1):  # noqa: B007
        _wait()
        loaded = time.perf_counter()
        what.step(batch)
        _wait()
        ended = time.perf_counter()
        data, compute, started = data + loaded - started, compute + ended - loaded, ended
    return data / count, compute / count


def share_of_products(what: Training, epoch: int, steps: int, on_gpu: bool) -> float:
    """Measure the share of matrix products in the time of so many steps."""
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]
    with threads(1), profile(activities=activities) as profiled:
        started = time.perf_counter()
        for batch in islice(what.epoch(epoch), steps):
            what.step(batch)
        _wait()
        seconds = time.perf_counter() - started
    events = profiled.key_averages()
    if on_gpu:  # the kernels of an operation are events, too
        taken = {event.key: event.self_device_time_total for event in events if event.device_type == DeviceType.CPU}
        seconds = sum(taken.values()) / 1e6
    else:
        taken = {event.key: event.self_cpu_time_total for event in events}
    return sum(time for name, time in taken.items() if PRODUCT.search(name)) / 1e6 / seconds


def localizing(queries: int, repeats: int, device: str) -> dict[str, str | float]:
    """Measure one row of the table of localising: so many queries at once, in the ten best videos of each."""
    keep_memory()
    recipe = localizer_recipe()
    corpus = synthetic.own_pace_corpus(CORPUS_VIDEOS, recipe)
    localizer = NetworkLocalizer.of_split(localizer_network(recipe, torch.device(device)), corpus, torch.device(device))
    size = (queries, recipe.videos)
    video = torch.rand(queries, CORPUS_VIDEOS).argsort(dim=1)[:, : recipe.videos]
    zeros, none = torch.zeros(size, dtype=torch.int64), torch.zeros(*size, 2)
    retrieved = Retrieved(video, torch.rand(size).sort(dim=1, descending=True).values, zeros, zeros, none, none)

    def localize() -> None:
        localize_corpus(localizer, retrieved, torch.arange(queries), recipe)

    with threads(2), torch.inference_mode():
        with Products() as products:
            localize()
        times = [[_seconds(work) for work in (localize, products.again)] for _ in range(1 + 10 * repeats)]
    whole, alone = (1000 * statistics.median(part) / queries for part in zip(*times[1:], strict=True))
    return {
        "localising": f"{queries} at once" if queries > 1 else "1 query",
        "videos a query": recipe.videos,
        "a query (ms)": round(whole, 2),
        "its matrix products alone (ms)": round(alone, 2),
        "ratio": round(whole / alone, 2),
    }


class Products(TorchDispatchMode):
    """Keeps all matrix products that are computed while it is entered, so that they can be computed once more."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Callable, Iterable[Any], dict[str, Any]]] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Call the operation, and keep it if it is a matrix product."""
        if PRODUCT.search(func.name()):
            self.calls.append((func, args, kwargs or {}))
        return func(*args, **(kwargs or {}))

    def again(self) -> None:
        """Compute all of them once more."""
        for function, arguments, named in self.calls:
            function(*arguments, **named)


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    _wait()
    return time.perf_counter() - started


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
