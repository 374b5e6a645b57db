"""Searches the index of a split for the queries of the split, and ranks each query's own video.

Test: tests/evaluation/test_ranking.py.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.corpus.corpus import Corpus
from pipeline.evaluation.right_answers import other_answers
from pipeline.models.common.interface import moment_spans
from pipeline.retrieval.index import Index
from pipeline.retrieval.metrics import any_ranks, ranks
from pipeline.retrieval.search import Retrieved, best_first

KEPT = 10
"""How many videos each row of rankings_*.jsonl lists."""


@dataclass(frozen=True)
class Ranking:
    """The V videos of a corpus, ranked for each of its Q queries; all tensors are on the CPU.

    ranks: (Q,) int64, the rank of the query's own video. any_ranks: (Q,) int64, the best rank of a right video, the
    query's own or another that answers it too. top: the first min(KEPT, V) videos for each query, equal scores in the
    order of their ids. own: the own video of each query, K = 1. moments: (V, H, 2), start and end of the moments that
    the model found in each video, as shares of the axis of clips. index_bytes: how many bytes the vectors of the V
    videos take.
    """

    ranks: Tensor
    any_ranks: Tensor
    top: Retrieved
    own: Retrieved
    moments: Tensor
    index_bytes: int


@torch.inference_mode()
def rank_corpus(index: Index, corpus: Corpus) -> Ranking:
    """Search the index, which is that of the corpus, for its queries. Raises PipelineError for scores that are NaN."""
    parts, first, others = [], 0, other_answers(corpus)
    for found in index.compare(corpus.query, corpus.query_mask, KEPT, named=corpus.labels[:, None]):
        labels = corpus.labels[first : first + len(found.score)].to(found.score.device)
        top, own = found.retrieve(best_first(found.score, KEPT)), found.retrieve(labels[:, None])
        also = others[first : first + len(labels)].to(labels.device)
        rank = ranks(found.score, labels)
        best = any_ranks(found.score, labels, also) if also.shape[1] else rank
        parts.append((rank.cpu(), best.cpu(), top, own))
        first += len(labels)
    own_ranks, best_ranks, tops, owns = zip(*parts, strict=True)
    moments = moment_spans(index.vectors.spans).cpu()
    found_ranks = torch.cat(own_ranks), torch.cat(best_ranks)
    return Ranking(*found_ranks, Retrieved.join(tops), Retrieved.join(owns), moments, index.nbytes)
