"""Measures how many of the best videos an engine finds. Test: tests/engines/test_engine.py."""

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.engines.engine import Engine, search
from pipeline.retrieval.index import Index
from pipeline.retrieval.search import best_first, scores

BEST = 10
SAMPLES = 256
SAMPLES_AT_ONCE = 32


@torch.inference_mode()
def sample_queries(index: Index) -> Tensor:
    """Make up to SAMPLES encoded queries (Q, ...) of an index, the same in every run.

    Each is the sum of a clip of one video and a clip of another, each of length 1: between vectors of the index, as
    far from its nearest one as a sentence may be, while a single clip of the index would be found too easily.
    """
    count, chosen = len(index.video_ids), min(SAMPLES, len(index.video_ids))
    queries = []
    for number in range(chosen):
        first = number * count // chosen
        pair = [_clip(index.vectors.clips[video], number) for video in (first, (first + count // 2) % count)]
        queries.append(pair[0] + pair[1])
    return torch.stack(queries)


def _clip(clips: Tensor, number: int) -> Tensor:
    """Take one clip (..., d) of a video (..., N, d), another one for every number, never one that is all zeros."""
    there = clips.any(dim=-1)
    if there.dim() > 1:
        there = there.flatten(0, -2).any(dim=0)
    places = there.nonzero()[:, 0]
    return F.normalize(clips.select(-2, int(places[number % len(places)])), dim=-1)


@torch.inference_mode()
def exact_best(index: Index, queries: Tensor) -> Tensor:
    """Find the min(BEST, V) best videos (Q, BEST) for encoded queries, by exact search."""
    parts = queries.split(SAMPLES_AT_ONCE)
    return torch.cat([best_first(scores(index.model, index.vectors, part), BEST).cpu() for part in parts])


def recall(index: Index, engine: Engine, queries: Tensor, best: Tensor) -> float:
    """Compute the share of the best videos (Q, K) of encoded queries that the engine's K best ones hold, 0 to 1."""
    found = search(index, engine, queries, best.shape[1]).video
    return float((found[:, :, None] == best[:, None]).any(dim=1).float().mean())
