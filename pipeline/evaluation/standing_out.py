"""Chooses which score the best video of a query must have, for a search to say that it fits.

Test: tests/evaluation/test_standing_out.py.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.corpus.corpus import Corpus
from pipeline.evaluation.bootstrap import interval
from pipeline.evaluation.right_answers import other_answers
from pipeline.retrieval.index import Index

AT_CHANCE, FEWEST = 0.5, 10


def choose_threshold(index: Index, corpus: Corpus, split: str) -> dict[str, Any] | None:
    """Choose the threshold on the queries of a split, each once with its right videos, and once without them.

    In the first case as many wrong videos are taken out. A query fits where the score of its best video is at least
    `score`, the value that decides best between the two cases. `kept` is the share of queries that fit where their
    videos are there, and `refused` the share of those without them that do not; both are measured on each half of the
    videos with the value that is best on the other half. Returns None for a corpus too small to tell, and where the
    95 % interval over videos of the mean of both shares, `mean_95`, reaches 0.5, which is chance.
    """
    if len(corpus.video_ids) <= FEWEST:
        return None
    there, without, others, first = [], [], other_answers(corpus), 0
    for score in index.scores(corpus.query, corpus.query_mask):
        labels = corpus.labels[first : first + len(score)]
        own = torch.cat([labels[:, None], others[first : first + len(score)]], dim=1)
        there.append(_best(_without(score.cpu(), _as_many_wrong(own, score.shape[1]))))
        without.append(_best(_without(score.cpu(), own)))
        first += len(score)
    values = np.stack([torch.cat(there).numpy(), torch.cat(without).numpy()])
    right, half = np.zeros(values.shape), corpus.labels.numpy() % 2
    for measured in (half == 0, half == 1):
        right[:, measured] = _right(values[:, measured], _best_threshold(values[:, ~measured]))
    low, high = interval(right.mean(axis=0), corpus.labels.numpy())
    if low <= AT_CHANCE:
        return None
    kept, refused = right.mean(axis=1).tolist()
    told = {"kept": kept, "refused": refused, "mean_95": [low, high]}
    sizes = {"queries": len(corpus.query_ids), "videos": len(corpus.video_ids)}
    return {"score": _best_threshold(values), **told, "split": split, **sizes}


def _as_many_wrong(own: Tensor, videos: int) -> Tensor:
    """Find as many wrong videos for each query as it has right ones (Q, A), which are -1 after the last.

    They are the ones after its own in the order of the corpus. Were none taken out, a score that knows nothing would
    seem to tell, because the best of fewer videos has a lower score.
    """
    wrong = torch.full_like(own, -1)
    for row, right in enumerate(own.tolist()):
        count, after = sum(video >= 0 for video in right), [(right[0] + step) % videos for step in range(videos)]
        found = [video for video in after if video not in right][:count]
        wrong[row, : len(found)] = torch.tensor(found)
    return wrong


def _without(score: Tensor, taken_out: Tensor) -> Tensor:
    """Replace the scores (Q, V) of the videos `taken_out` (Q, A), -1 for none, by NaN."""
    score = score.clone()
    rows, columns = (taken_out >= 0).nonzero(as_tuple=True)
    score[rows, taken_out[rows, columns]] = torch.nan
    return score


def _best(score: Tensor) -> Tensor:
    """Find the score of the best video of each row (Q, V) of scores; NaN are not there."""
    return score.double().nan_to_num(-torch.inf).amax(dim=1)


def _best_threshold(values: np.ndarray) -> float:
    """Find the threshold that decides best between the rows of (2, Q) values, as `choose_threshold` uses it.

    It lies between two of the values, and of several as good ones it is the middle one.
    """
    seen = np.unique(values)
    between = (seen[:-1] + seen[1:]) / 2 if len(seen) > 1 else seen
    good = np.array([_right(values, threshold).sum() for threshold in between.tolist()])
    best = np.flatnonzero(good == good.max())
    return float(between[best[len(best) // 2]])


def _right(values: np.ndarray, threshold: float) -> np.ndarray:
    """Tell which of (2, Q) values are on the right side of a threshold, as 0 or 1."""
    return np.stack([values[0] >= threshold, values[1] < threshold]).astype(np.float64)
