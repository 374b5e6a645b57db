"""What a model costs: its size, its training time, the time of one search and the room of its index.

The times are of the machine that the run had, and the only numbers of a run that another one does not repeat.
Test: tests/evaluation/test_cost.py.
"""

import statistics
import time
from collections.abc import Mapping
from typing import Any

import torch

from pipeline.corpus.corpus import Corpus
from pipeline.corpus.videos import Videos
from pipeline.models.common.interface import RetrievalModel
from pipeline.retrieval.rank import KEPT, VIDEO_BLOCK

SEARCHES = 50


def cost(model: RetrievalModel, corpus: Corpus, split: Mapping[str, Any], training: Mapping[str, Any], device) -> dict:
    """The flat metrics file of costs. split: the metrics of `corpus`; training: what training.json holds."""
    return {
        "parameters": training["parameters"],
        "training seconds": round(training["seconds"], 1),
        "query milliseconds": round(query_milliseconds(model, corpus, device), 3),
        "index KiB a video": round(split["index_bytes_per_video"] / 1024, 1),
    }


@torch.inference_mode()
def query_milliseconds(model: RetrievalModel, corpus: Corpus, device: torch.device) -> float:
    """The median time from the token features of one query to its first videos among all those of the corpus, indexed
    before; one query at a time, the first SEARCHES of them.
    """
    model.eval()
    indexes = []
    for block in torch.arange(len(corpus.video_ids)).split(VIDEO_BLOCK):
        videos = corpus.videos.take(block, int(corpus.videos.count[block].max()))
        indexes.append(model.index(model.encode_video(Videos(*(field.to(device) for field in videos)))))
    times = []
    for query, mask in zip(corpus.query[:SEARCHES], corpus.query_mask[:SEARCHES], strict=True):
        started = time.perf_counter()
        encoded = model.encode_query(query[None].to(device), mask[None].to(device))
        score = torch.cat([model.score(encoded, index).score for index in indexes], dim=1)
        score.topk(min(KEPT, score.shape[1])).indices.cpu()  # a copy to the CPU waits for the device
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)
