"""Retrieval metrics: the rank of each query's own video, R@K, SumR, and the scores of a random ranking.

R@K is the share of queries, in per cent, whose own video is among the first K of the whole split; SumR is the sum of
R@1, R@5, R@10 and R@100. Ties count against the system, so that a model that scores every video alike is not credited
with a hit.
Test: tests/retrieval/test_metrics.py.
"""

import math

import torch
from torch import Tensor

from pipeline.corpus.corpus import Corpus
from pipeline.models.common.interface import RetrievalModel
from pipeline.retrieval.index import Index
from pipeline.retrieval.search import refuse_nan

CUTOFFS = (1, 5, 10, 100)


def ranks(scores: Tensor, labels: Tensor) -> Tensor:
    """Compute the rank (Q,) int64 of each query's own video: 1 + how many other videos score at least as much.

    scores: (Q, V), the higher the better; labels: (Q,) int64, the column of the own video. Raises PipelineError for a
    score that is NaN.
    """
    own = refuse_nan(scores).gather(1, labels[:, None])
    return (scores >= own).sum(dim=1)  # its own score is one of those counted


def any_ranks(scores: Tensor, labels: Tensor, also: Tensor) -> Tensor:
    """Compute the best rank (Q,) int64 of any right video: 1 + how many wrong videos score at least as much as it.

    scores, labels: as `ranks` takes them. also: (Q, A) int64, the columns of the other right videos, -1 where a query
    has no more of them. Raises PipelineError for a score that is NaN.
    """
    right = torch.cat([labels[:, None], torch.where(also < 0, labels[:, None], also)], dim=1)
    best = refuse_nan(scores).gather(1, right).amax(dim=1, keepdim=True)
    wrong = torch.ones_like(scores, dtype=torch.bool).scatter_(1, right, False)
    return ((scores >= best) & wrong).sum(dim=1) + 1


def corpus_ranks(model: RetrievalModel, corpus: Corpus, device: torch.device) -> Tensor:
    """Search the videos of the corpus for its queries; returns the rank (Q,) int64 of each query's own video.

    device: where the model is; the ranks are on the CPU. Raises PipelineError for a score that is NaN.
    """
    blocks, first = [], 0
    for scores in Index.build(model, corpus, device).scores(corpus.query, corpus.query_mask):
        labels = corpus.labels[first : first + len(scores)]
        blocks.append(ranks(scores, labels.to(scores.device)).cpu())
        first += len(scores)
    return torch.cat(blocks)


def recall(ranks: Tensor) -> dict[str, float]:
    """Compute R@1, R@5, R@10, R@100 and SumR in per cent, unrounded, from ranks (Q,) that start at 1; Q > 0."""
    return _with_sum({f"R@{k}": recall_at(ranks, k) for k in CUTOFFS})


def recall_at(ranks: Tensor, k: int) -> float:
    """Compute R@k in per cent, unrounded, from ranks (Q,) that start at 1."""
    return 100.0 * int((ranks <= k).sum()) / ranks.numel()


def lead_error(ranks: Tensor, baseline: Tensor, labels: Tensor) -> float:
    """Estimate the standard error of the lead in SumR that `ranks` (Q,) have over the ranks (Q,) of a baseline.

    labels: (Q,) int64, the video of each query: the error is estimated over videos, because the queries of one video
    succeed and fail together.
    """
    ours, theirs = (torch.stack([100.0 * (of <= k).double() for k in CUTOFFS]).sum(dim=0) for of in (ranks, baseline))
    lead = ours - theirs
    of_video = torch.zeros(int(labels.max()) + 1, dtype=lead.dtype).index_add(0, labels, lead - lead.mean())
    return float(of_video.square().sum().sqrt() / len(lead))


def chance(videos: int, queries: int) -> dict[str, float]:
    """Compute what a random ranking of `videos` videos scores: the exact expectations of R@K and SumR, in per cent.

    `SumR deviation` is the standard deviation of SumR over random rankings of `queries` independent queries. It says
    how far luck alone takes SumR from its expectation.
    """
    expected = _with_sum({f"R@{k}": chance_at(videos, k) for k in CUTOFFS})
    # One query of rank r adds 100 for each cutoff >= r; r is uniform over 1..videos.
    gains = [100.0 * sum(rank <= k for k in CUTOFFS) for rank in range(1, min(videos, CUTOFFS[-1]) + 1)]
    second_moment = sum(gain**2 for gain in gains) / videos
    variance = max(second_moment - expected["SumR"] ** 2, 0.0)
    return {**expected, "SumR deviation": math.sqrt(variance / queries)}


def chance_at(videos: int, k: int) -> float:
    """Compute the expectation of R@k, in per cent, for a random ranking of `videos` videos."""
    return 100.0 * min(k, videos) / videos


def _with_sum(recalls: dict[str, float]) -> dict[str, float]:
    return {**recalls, "SumR": sum(recalls.values())}
