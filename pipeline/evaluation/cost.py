"""What a model costs: its size, its training time, the time of one search and the room of its index.

The times are of the machine that the run had, and the only numbers of a run that another one does not repeat.
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
    """The flat metrics file of costs. index: of the videos of `corpus`; training: what training.json holds."""
    return {
        "parameters": training["parameters"],
        "training seconds": round(training["seconds"], 1),
        "query milliseconds": round(query_milliseconds(index, corpus), 3),
        "index KiB a video": round(index.nbytes / len(index.video_ids) / 1024, 1),
    }


def query_milliseconds(index: Index, corpus: Corpus) -> float:
    """The median time from the token features of one query to the spans in the first videos of the index.

    One query is searched at a time, the first SEARCHES of the corpus.
    """
    times = []
    for query, mask in zip(corpus.query[:SEARCHES], corpus.query_mask[:SEARCHES], strict=True):
        started = time.perf_counter()
        index.search(query[None], mask[None], KEPT)  # the result is on the CPU, so that the device was waited for
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)
