"""Measures how much memory the stage `localize` takes for TVR, part by part.

    python -m benchmarks.localizer_memory
    python -m benchmarks.localizer_memory --retriever ms_sl

The parts are the search for negatives with each retriever, a few training steps of PREM's localizer, and its answers
for the selection split. Each has a process of its own, and random data of TVR's shape. What is counted is the process's
own memory (see benchmarks/corpus.py) beyond what it has once the data are there: the stage maps those from files. The
search for negatives takes no more memory after its second part of the videos, so that it is given little more than one.
To score all queries would take too long, so that some are measured; what each further one adds, its encoded
form and its list, is computed.
"""

import argparse
import dataclasses
from collections.abc import Callable
from typing import Any

import torch

from benchmarks import synthetic
from benchmarks.corpus import TVR_VIDEOS, own_memory, watched
from benchmarks.machine import machine
from benchmarks.prem import alone, localizer_network, localizer_recipe, random_negatives
from benchmarks.training import MAX_TOKENS, RECIPES, VALIDATION_VIDEOS
from experiments.markdown import table_lines
from pipeline.core.runtime import threads
from pipeline.corpus.corpus import Corpus
from pipeline.localizer_training.examples import Examples
from pipeline.localizer_training.loop import train_step
from pipeline.localizer_training.negatives import VIDEOS_AT_ONCE, negatives
from pipeline.localizer_training.selection import Selection
from pipeline.models.common.interface import RetrievalModel
from pipeline.models.common.recipe_file import MODELS
from pipeline.models.common.registry import build
from pipeline.ops import keep_memory
from pipeline.retrieval.index import Index
from pipeline.retrieval.search import VIDEO_BLOCK
from pipeline.training.adamw import AdamW
from pipeline.training.optimizer import decay_groups

CPU = torch.device("cpu")
POOL = 1000
STEPS = 3
Row = dict[str, str | int | float]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the memory of the stage `localize` for TVR.")
    parser.add_argument("--retriever", choices=[*MODELS.names(), "all"], default="all")
    parser.add_argument("--queries", type=int, default=1024, help="queries that are answered (default: %(default)s)")
    options = parser.parse_args()
    names = MODELS.names() if options.retriever == "all" else [options.retriever]
    rows = [alone(of_negatives, name, VIDEOS_AT_ONCE + VIDEO_BLOCK, options.queries) for name in names]
    rows.append(alone(of_training, TVR_VIDEOS, STEPS))
    rows.append(alone(of_selection, VALIDATION_VIDEOS, options.queries))
    print("\n".join(table_lines(list(rows[0]), [row.values() for row in rows])))
    print(", ".join(machine().values()))


def of_negatives(name: str, videos: int, queries: int) -> Row:
    """Measure the search for negatives with the retriever `name`."""
    model, corpus = retriever(name, videos)
    asked = first_queries(corpus, queries)
    count = localizer_recipe().negatives_from
    gigabytes = _peak(lambda: negatives(model, asked, count, CPU))
    with torch.inference_mode():
        (encoded,) = Index.build(model, _first_video(corpus), CPU).encode(corpus.query[:1], corpus.query_mask[:1])
    each = encoded.nbytes + count * (8 + 4)
    more = (TVR_VIDEOS * synthetic.QUERIES - len(asked.query_ids)) * each / 2**30
    index = TVR_VIDEOS * Index.build(model, _first_video(corpus), CPU).nbytes / 2**30
    return _row(f"negatives, {name}", videos, len(asked.query_ids), gigabytes, gigabytes + more, round(index, 2))


def of_training(videos: int, steps: int) -> Row:
    """Measure so many training steps of the localizer."""
    recipe = localizer_recipe()
    corpus, network = synthetic.own_pace_corpus(videos, recipe, POOL), localizer_network(recipe, CPU)
    keep_memory()
    optimizer = AdamW(decay_groups(network, recipe.weight_decay), recipe.learning_rate, steps, recipe.warmup)

    def train() -> None:
        found = random_negatives(corpus, recipe)
        examples = Examples(corpus, found, recipe.batch_queries, recipe.negatives, recipe.label_rule, CPU)
        for batch, _ in zip(examples.epoch(0, 1), range(steps), strict=False):
            train_step(network, batch, optimizer)

    gigabytes = _peak(train)
    return _row("training steps of the localizer", videos, len(corpus.query_ids), gigabytes, gigabytes)


def of_selection(videos: int, queries: int) -> Row:
    """Measure the localizer's answers for the selection split, with the index of the retriever of PREM."""
    recipe = localizer_recipe()
    model, corpus = retriever("prem", videos)
    asked = first_queries(corpus, queries)
    keep_memory()

    def answer() -> None:
        select = Selection(Index.build(model, corpus, CPU), asked, asked, recipe, CPU)
        select(localizer_network(recipe, CPU))

    gigabytes = _peak(answer)
    moments = 2 * recipe.after_nms * (8 + 16 + 4)  # a video, a span and a score, of both tasks
    more = (len(corpus.query_ids) - len(asked.query_ids)) * moments / 2**30
    return _row("answers for the selection split", videos, len(asked.query_ids), gigabytes, gigabytes + more)


def retriever(name: str, videos: int) -> tuple[RetrievalModel, Corpus]:
    """Build a retriever with random weights by its recipe for TVR, else its default one, and a corpus that it reads."""
    recipes = MODELS.read(name, RECIPES)
    recipe = recipes.get("tvr", recipes["default"])
    if recipe.own_pace:
        corpus, size = synthetic.own_pace_corpus(videos, recipe, POOL), synthetic.OWN_PACE_SIZE
    else:
        corpus, size = synthetic.corpus(videos, recipe), synthetic.VIDEO_SIZE
    return build(name, size, synthetic.QUERY_SIZE, recipe, MAX_TOKENS, synthetic.SUBTITLE_SIZE), corpus


def first_queries(corpus: Corpus, count: int) -> Corpus:
    """Leave only the first queries of a corpus, and all its videos."""
    names = ("query_ids", "texts", "query", "query_mask", "labels", "spans", "agreement")
    return dataclasses.replace(corpus, **{name: getattr(corpus, name)[:count] for name in names})


def _first_video(corpus: Corpus) -> Corpus:
    return dataclasses.replace(
        corpus,
        video_ids=corpus.video_ids[:1],
        durations=corpus.durations[:1],
        times=type(corpus.times)(*(axis[:1] for axis in corpus.times)),
    )


def _peak(work: Callable[[], Any]) -> float:
    """Measure how much own memory (GiB) `work` takes at most, beyond what the process has before."""

    def measured() -> int:
        work()
        return 0

    before = own_memory() / 2**20
    with threads(2):
        return watched(measured)[1] - before


def _row(what: str, videos: int, queries: int, measured: float, whole: float, index: float | str = "") -> Row:
    return {
        "part": what,
        "videos": videos,
        "queries": queries,
        "measured (GiB)": round(measured, 2),
        "with all queries (GiB)": round(whole, 2),
        "index of all 17,435 videos (GiB)": index,
    }


if __name__ == "__main__":
    main()
