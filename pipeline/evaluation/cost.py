"""Measures what a model costs: its size, how long it was trained, how long a search takes and how large its index is.

The times depend on the machine. They are the only numbers that differ where the pipeline runs again with equal inputs.
Test: tests/evaluation/test_cost.py.
"""

import statistics
import time
from collections.abc import Mapping
from typing import Any

from pipeline.corpus.corpus import Corpus
from pipeline.evaluation.ranking import KEPT
from pipeline.retrieval.index import Index

SEARCHES = 50


def cost(index: Index, corpus: Corpus, training: Mapping[str, Any]) -> dict[str, float]:
    """Collect the costs for cost.json. index: that of the videos of `corpus`; training: what training.json holds."""
    return {
        "parameters": training["parameters"],
        "training seconds": round(training["seconds"], 1),
        "query milliseconds": round(query_milliseconds(index, corpus), 3),
        "index KiB a video": round(index.nbytes / len(index.video_ids) / 1024, 1),
    }


def query_milliseconds(index: Index, corpus: Corpus) -> float:
    """Measure how long a search takes, from the token features of one query to its first videos, in milliseconds.

    It is the median over the first SEARCHES queries of the corpus, each searched by itself.
    """
    times = []
    for query, mask in zip(corpus.query[:SEARCHES], corpus.query_mask[:SEARCHES], strict=True):
        started = time.perf_counter()
        index.search(query[None], mask[None], KEPT)  # the result is on the CPU, so that the device was waited for
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)
