"""Measures searching an index: exactly and by candidates, alone and with several clients, at several sizes.

    python -m benchmarks.search
    python -m benchmarks.search --clips 10000 100000 --seconds 5 --folder /scratch

The index is random (search_corpus.py); a query is an encoded one, so that the time of the text encoder is not in it.
The engine is built, and an index opened and searched, in a process of its own each. Memory is what belongs to the
process alone, without the pages of mapped files, which the system takes back where memory is short. Every query is
computed by one thread. Exact search takes turns with the plain product of the clip vectors with the same query, once by
oneDNN, which computes the scores too, and once by numpy. The recall is the share of the ten best videos of exact search
that are found.
"""

import argparse
import importlib
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from benchmarks import search_corpus
from benchmarks.corpus import own_memory, watched
from benchmarks.machine import machine
from experiments.markdown import table_lines
from pipeline.engines.engine import Engine, search
from pipeline.engines.folder import FILE, open_engine, save_engine
from pipeline.engines.params import EXACT, FAISS
from pipeline.engines.recall import exact_best, recall
from pipeline.ops import linear
from pipeline.retrieval.index import Index
from pipeline.retrieval.search import Retrieved, best_first, compare
from pipeline.retrieval.storage import TENSORS, open_index

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
CLIPS_A_VIDEO = 32
KEPT, QUERIES, RECALL_QUERIES, FEWEST = 10, 1000, 200, 20


def main() -> None:
    parser = argparse.ArgumentParser(description="Time searching an index, and measure its memory and its recall.")
    parser.add_argument("--clips", type=int, nargs="+", default=SIZES, help="clip vectors (default: %(default)s)")
    parser.add_argument("--clients", type=int, default=8, help="that ask at the same time (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=20, help="a measurement, at most (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="with room for 2.3 kB a clip (default: the system's temporary one)")
    parser.add_argument("--json", type=Path, help="a file for all figures")
    options = parser.parse_args()
    rows = []
    for clips in options.clips:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            rows += measure(Path(folder), max(1, clips // CLIPS_A_VIDEO), options.clients, options.seconds)
    print("\n".join(table_lines(list(rows[0]), [row.values() for row in rows])))
    print(", ".join(machine().values()))
    if options.json:
        options.json.write_text(json.dumps({**machine(), "rows": rows}, indent=2) + "\n")


def measure(folder: Path, videos: int, clients: int, seconds: float) -> list[dict[str, Any]]:
    """Measure the rows of one size, exact search first; the index is made below `folder`."""
    index = folder / "index"
    _alone(search_corpus.write_index, index, videos)
    rows = [_row(EXACT, videos, 0.0, 0.0, _size(index / TENSORS), _alone(_measured, index, clients, seconds))]
    built, peak = _alone(_build, index)
    rows.append(_row(FAISS, videos, built, peak, _size(index / FILE), _alone(_measured, index, clients, seconds)))
    shutil.rmtree(index)
    return rows


def _row(engine: str, videos: int, built: float, peak: float, size: float, measured: dict[str, Any]) -> dict[str, Any]:
    made = (
        {"built (s)": built, "peak of building (GiB)": peak}
        if engine == FAISS
        else dict.fromkeys(("built (s)", "peak of building (GiB)"), "")
    )
    return {"clips": CLIPS_A_VIDEO * videos, "engine": engine, **made, "size (MB)": size, **measured}


def _size(file: Path) -> float:
    return round(file.stat().st_size / 1e6, 1)


def _alone(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do some work in a process of its own, by one thread of torch, of numpy and of faiss."""
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    with ProcessPoolExecutor(1, get_context("spawn"), torch.set_num_threads, (1,)) as process:
        return process.submit(work, *arguments).result()


def _build(folder: Path) -> tuple[float, float]:
    index = open_index(folder).index
    seconds, peak, _ = watched(lambda: int(save_engine(folder, index, FAISS) is not None))
    return round(seconds, 1), round(peak, 2)


def _measured(folder: Path, clients: int, seconds: float) -> dict[str, Any]:
    if (folder / FILE).exists():
        importlib.import_module("faiss")
    before, started = own_memory(), time.perf_counter()
    index = open_index(folder).index
    engine = open_engine(folder, index)
    opened, taken = time.perf_counter() - started, own_memory() - before
    asked = search_corpus.queries(index, QUERIES)
    find(index, engine, asked[:1])
    alone = _times(lambda query: find(index, engine, query), asked, seconds)
    touched = own_memory() - before
    shared = _with_clients(index, engine, asked, clients, seconds)
    some = asked[:RECALL_QUERIES]
    found = recall(index, engine, some, exact_best(index, some)) if engine else 1.0
    return {
        "opened (s)": round(opened, 3),
        "own memory, opened (MiB)": round(taken / 1024),
        "own memory, 1 client (MiB)": round(touched / 1024),
        "alone, p50 (ms)": _milliseconds(alone, 0.5),
        "alone, p99 (ms)": _milliseconds(alone, 0.99),
        f"{clients} clients, p50 (ms)": _milliseconds(shared, 0.5),
        f"{clients} clients, p99 (ms)": _milliseconds(shared, 0.99),
        "recall@10": round(found, 4),
        **({"exact / oneDNN": "", "exact / numpy": ""} if engine else ratios(index, asked, seconds)),
    }


def find(index: Index, engine: Engine | None, query: torch.Tensor) -> Retrieved:
    """Search for one encoded query (1, d)."""
    if engine:
        return search(index, engine, query, KEPT)
    with torch.inference_mode():
        compared = compare(index.model, index.vectors, query, KEPT, torch.empty(1, 0, dtype=torch.int64))
        return compared.retrieve(best_first(compared.score, KEPT))


def ratios(index: Index, asked: torch.Tensor, seconds: float) -> dict[str, float]:
    """Compare the times of exact search and of the plain product, one query after the other: the ratios of medians."""
    clips = index.vectors.clips.flatten(0, 1)
    ways = (
        lambda query: find(index, None, query),
        lambda query: linear(query, clips),
        lambda query: clips.numpy() @ query[0].numpy(),
    )
    rounds = _times(lambda query: [_seconds(way, query) for way in ways], asked, seconds, keep=True)
    ours, *plain = (statistics.median(times) for times in zip(*rounds, strict=True))
    return {
        f"exact / {name}": round(ours / product, 2) for name, product in zip(("oneDNN", "numpy"), plain, strict=True)
    }


def _with_clients(
    index: Index, engine: Engine | None, asked: torch.Tensor, clients: int, seconds: float
) -> list[float]:
    def client(number: int) -> list[float]:
        torch.set_num_threads(1)
        return _times(lambda query: find(index, engine, query), asked.roll(number * 100, 0), seconds)

    with ThreadPoolExecutor(clients) as pool:
        return [taken for times in pool.map(client, range(clients)) for taken in times]


def _times(work: Callable[..., Any], asked: torch.Tensor, seconds: float, keep: bool = False) -> list[Any]:
    """Time the work for one query after the other, or keep what it returns, for some seconds and FEWEST queries."""
    ended, found = time.perf_counter() + seconds, []
    for number, query in enumerate(asked.split(1)):
        if number >= FEWEST and time.perf_counter() > ended:
            break
        found.append(work(query) if keep else _seconds(work, query))
    return found


@torch.inference_mode()
def _seconds(work: Callable[..., Any], query: torch.Tensor) -> float:
    started = time.perf_counter()
    work(query)
    return time.perf_counter() - started


def _milliseconds(times: list[float], share: float) -> float:
    return round(1000 * sorted(times)[min(len(times) - 1, int(share * len(times)))], 2)


if __name__ == "__main__":
    main()
