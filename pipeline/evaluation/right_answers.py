"""Measures retrieval where other videos than a query's own answer it too.

Test: tests/evaluation/test_right_answers.py.
"""

from typing import Any

import torch
from torch import Tensor

from pipeline.corpus.corpus import Corpus
from pipeline.retrieval.metrics import recall


def other_answers(corpus: Corpus) -> Tensor:
    """Find the positions (Q, A) int64 of the other videos that answer each query, -1 after a query's last.

    A video that has no features is not among them, and A is 0 where no query has another right video.
    """
    place = {video_id: position for position, video_id in enumerate(corpus.video_ids)}
    also = corpus.also or [()] * len(corpus.query_ids)
    found = [torch.tensor([place[one] for one in own if one in place], dtype=torch.int64) for own in also]
    return torch.nn.utils.rnn.pad_sequence(found, batch_first=True, padding_value=-1)


def retrieval_any(corpus: Corpus, any_ranks: Tensor) -> dict[str, Any]:
    """Compute the part `retrieval_any` of a split's metrics: R@K of any right video, and how many there are on average.

    any_ranks: (Q,) int64, the best rank of a right video. It is empty where no query has another right video.
    """
    others = other_answers(corpus)
    if not others.shape[1]:
        return {}
    right_videos = 1 + int((others >= 0).sum()) / len(others)
    return {"retrieval_any": {**recall(any_ranks), "right videos a query": right_videos}}
