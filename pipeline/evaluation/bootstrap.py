"""Computes how far a metric may be trusted: 95 % intervals by the bootstrap, over videos drawn with all their queries.

Videos are drawn and not queries, because the queries of one video succeed and fail together. The seed of the draws is
fixed, so that the same rankings give the same intervals. The deviation over training seeds is no substitute: it says
how training varies, not how the choice of the test videos does.
Test: tests/evaluation/test_bootstrap.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.retrieval.metrics import CUTOFFS

DRAWS, SEED = 2000, 0
PERCENTILES = (2.5, 97.5)
DECIMALS = 9
BLOCK = 1 << 22  # numbers drawn at once

Rows = Sequence[Mapping[str, Any]]
"""The rows of a rankings_*.jsonl file; `query_id`, `video_id`, `rank` and `iou`, which may be None, are used."""


def resampled_means(values: np.ndarray, videos: np.ndarray) -> np.ndarray:
    """Compute DRAWS bootstrap means of each of M rows of values (M, Q) -> (DRAWS, M).

    A draw takes as many videos as there are, with replacement, and the mean is over all their queries. videos: (Q,) the
    video of each query, of any type. All rows share the draws. The means are rounded, because the last bits of a matrix
    product differ between machines.
    """
    names, of = np.unique(videos, return_inverse=True)
    number = np.bincount(of)
    sums = np.stack([np.bincount(of, weights=row) for row in values.astype(np.float64)])
    generator, means = np.random.default_rng(SEED), []
    for size in _sizes(DRAWS, max(1, BLOCK // len(names))):
        drawn = generator.multinomial(len(names), np.full(len(names), 1 / len(names)), size=size)
        means.append((drawn @ sums.T) / (drawn @ number)[:, None])
    return np.concatenate(means).round(DECIMALS)


def interval(values: np.ndarray, videos: np.ndarray) -> list[float]:
    """Compute the 95 % interval, both ends, of the mean of values (Q,); videos: (Q,) the video of each query."""
    return np.percentile(resampled_means(values[None], videos)[:, 0], PERCENTILES).tolist()


def intervals(*runs: Rows) -> dict[str, list[float]]:
    """Compute, by metric, the value and both ends of its 95 % interval, for the mean over runs.

    runs: the rankings of each run; several runs are the same model with other seeds.
    """
    table = _mean_of(runs)
    return {name: _value_and_interval(values, videos) for name, (values, videos) in table.items()}


def paired(runs: Sequence[Rows], baseline: Sequence[Rows]) -> dict[str, list[float]]:
    """Compute, by metric, how much better the mean over `runs` is than that over `baseline`, and its 95 % interval.

    Both are measured on the same draws of videos, so that a video that is easy for both does not count. Raises
    PipelineError where the rankings are not of the same queries.
    """
    ours, theirs = _mean_of(runs), _mean_of(baseline)
    _require_same([*runs, *baseline])
    return {
        name: _value_and_interval(values - theirs[name][0], videos)
        for name, (values, videos) in ours.items()
        if name in theirs
    }


def _value_and_interval(values: np.ndarray, videos: np.ndarray) -> list[float]:
    return [float(values.mean()), *interval(values, videos)]


def _mean_of(runs: Sequence[Rows]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Compute, by metric, what each query adds to it in per cent, as a mean over the runs, and the queries' videos."""
    _require_same(runs)
    videos = np.array([row["video_id"] for row in runs[0]])
    ranks = np.array([[row["rank"] for row in rows] for rows in runs])
    hits = {k: 100.0 * (ranks <= k).mean(axis=0) for k in CUTOFFS}
    table = {"SumR": (sum(hits.values()), videos), "R@1": (hits[1], videos)}
    has_span = [row["iou"] is not None for row in runs[0]]
    if any(has_span):
        ious = np.array([[row["iou"] for row, counts in zip(rows, has_span, strict=True) if counts] for rows in runs])
        table["mIoU"] = (100.0 * ious.mean(axis=0), videos[has_span])
    return table


def _require_same(runs: Sequence[Rows]) -> None:
    first = [(row["query_id"], row["iou"] is None) for row in runs[0]]
    if any([(row["query_id"], row["iou"] is None) for row in rows] != first for rows in runs):
        raise PipelineError(
            "the rankings are of different queries, so that they cannot be compared query by query",
            where="rankings_*.jsonl",
            fix="compare runs of the same data set, splits and features",
        )


def _sizes(total: int, most: int) -> list[int]:
    return [min(most, total - start) for start in range(0, total, most)]
