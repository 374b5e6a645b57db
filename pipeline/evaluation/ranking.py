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
from pipeline.retrieval.metrics import CUTOFFS, any_ranks, ranks
from pipeline.retrieval.search import Retrieved, best_first

KEPT = 10
"""How many videos each row of rankings_*.jsonl lists."""
LISTED = CUTOFFS[-1]
"""How many videos a submission lists for each query."""


@dataclass(frozen=True)
class Ranking:
    """The V videos of a corpus, ranked for each of its Q queries; all tensors are on the CPU.

    ranks: (Q,) int64, the rank of the query's own video. any_ranks: (Q,) int64, the best rank of a right video, the
    query's own or another that answers it too. top: the first min(kept, V) videos for each query, equal scores in the
    order of their ids. own: the own video of each query, K = 1. listed: (Q, min(LISTED, V)) int64, the first videos,
    and listed_score their scores. moments: (V, H, 2), start and end of the moments that the model found in each video,
    as shares of the axis of clips. index_bytes: how many bytes the vectors of the V videos take.
    """

    ranks: Tensor
    any_ranks: Tensor
    top: Retrieved
    own: Retrieved
    listed: Tensor
    listed_score: Tensor
    moments: Tensor
    index_bytes: int


@torch.inference_mode()
def rank_corpus(index: Index, corpus: Corpus, videos: int = KEPT) -> Ranking:
    """Search the index, which is that of the corpus, for its queries. Raises PipelineError for scores that are NaN.

    videos: how many videos a query are looked at again; at least KEPT are kept.
    """
    kept = max(videos, KEPT)
    parts, first, others = [], 0, other_answers(corpus)
    for found in index.compare(corpus.query, corpus.query_mask, kept, named=corpus.labels[:, None]):
        labels = corpus.labels[first : first + len(found.score)].to(found.score.device)
        also = others[first : first + len(labels)].to(labels.device)
        rank = ranks(found.score, labels)
        best = any_ranks(found.score, labels, also) if also.shape[1] else rank
        listed = best_first(found.score, max(kept, LISTED))
        scores = found.score.gather(1, listed)
        top, own = found.retrieve(listed[:, :kept]), found.retrieve(labels[:, None])
        fields = (rank, best, listed[:, :LISTED], scores[:, :LISTED])
        parts.append((*(field.cpu() for field in fields), top, own))
        first += len(labels)
    own_ranks, best_ranks, lists, list_scores, tops, owns = zip(*parts, strict=True)
    return Ranking(
        ranks=torch.cat(own_ranks),
        any_ranks=torch.cat(best_ranks),
        top=Retrieved.join(tops),
        own=Retrieved.join(owns),
        listed=torch.cat(lists),
        listed_score=torch.cat(list_scores),
        moments=moment_spans(index.vectors.spans).cpu(),
        index_bytes=index.nbytes,
    )
