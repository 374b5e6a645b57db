"""Rank a corpus for its queries, block by block: never more than a block of query-by-video-by-clip scores in memory.

Block sizes are constants, since the composition of a batch moves the last bits of a score.
Test: tests/evaluation/test_rank.py.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from pipeline.corpus.corpus import Corpus
from pipeline.corpus.videos import Videos
from pipeline.models.common.interface import RetrievalModel, moment_spans
from pipeline.retrieval.metrics import ranks

VIDEO_BLOCK = 256
QUERY_BLOCK = 512
KEPT = 10


class Retrieved(NamedTuple):
    """Videos retrieved for queries: K a query, the best first.

    video (Q, K) int64 index into the corpus; score (Q, K); moment (Q, K) int64 index of the video's moment that is
    retrieved, NO_MOMENT where the model learns none; span and place (Q, K, 2) start and end of what the model retrieves
    within the video and of the run of clips that it scored, shares of the axis of clips in [0, 1].
    """

    video: Tensor
    score: Tensor
    moment: Tensor
    span: Tensor
    place: Tensor


@dataclass(frozen=True)
class Ranking:
    """A corpus ranked for its queries, all tensors on the CPU.

    ranks: (Q,) of the own video; top: the first min(10, V) videos, equal scores in the order of their ids; own: the own
    video of each query, K = 1; moments: (V, H, 2) start and end of each video's moments, shares of the axis of
    clips; index_bytes: what the V indexed videos take in memory.
    """

    ranks: Tensor
    top: Retrieved
    own: Retrieved
    moments: Tensor
    index_bytes: int


@torch.inference_mode()
def rank_corpus(
    model: RetrievalModel,
    corpus: Corpus,
    device: torch.device,
    video_block: int = VIDEO_BLOCK,
    query_block: int = QUERY_BLOCK,
) -> Ranking:
    """Encode every video once and rank all of them for every query. Raises PipelineError for scores that are NaN."""
    model.eval()
    rows = torch.arange(len(corpus.videos.clips)).split(video_block)
    indexes = [model.index(model.encode_video(_videos(corpus, block, device))) for block in rows]
    spans = torch.cat([index.spans for index in indexes])
    parts = []
    for block in _blocks(len(corpus.query), query_block):
        query = model.encode_query(corpus.query[block].to(device), corpus.query_mask[block].to(device))
        labels = corpus.labels[block].to(device)
        score, position = _scores(model, query, indexes, labels)
        parts.append(
            (
                ranks(score, labels).cpu(),
                _retrieve(model, spans, score, position, best_first(score, KEPT)),
                _retrieve(model, spans, score, position, labels[:, None]),
            )
        )
    own_ranks, top, own = zip(*parts, strict=True)
    index_bytes = sum(field.nbytes for index in indexes for field in index)
    return Ranking(torch.cat(own_ranks), _stack(top), _stack(own), moment_spans(spans).cpu(), index_bytes)


def _scores(model: RetrievalModel, query: Tensor, indexes: list[Any], labels: Tensor) -> tuple[Tensor, Tensor]:
    """Scores (Q, V) of queries (Q, d), and the positions (Q, V) of those videos that can be retrieved; else 0.

    Such are the best of every block and the own videos, `labels` (Q,).
    """
    scores, positions, first = [], [], 0
    for index in indexes:
        score = (found := model.score(query, index)).score
        own = (labels - first).clamp(0, score.shape[1] - 1)[:, None]  # of another block: any, it does no harm
        chosen = torch.cat([_best(score, KEPT), own], dim=1)
        positions.append(torch.zeros_like(score, dtype=torch.int64).scatter_(1, chosen, found.position(chosen)))
        scores.append(score)
        first += score.shape[1]
    return torch.cat(scores, dim=1), torch.cat(positions, dim=1)


def best_first(score: Tensor, kept: int) -> Tensor:
    """The columns (Q, min(kept, V)) of the largest scores (Q, V), the largest first, equal ones in their order."""
    best = _best(score, kept).sort(dim=1).values
    return best.gather(1, score.gather(1, best).sort(dim=1, descending=True, stable=True).indices)


def _best(score: Tensor, kept: int) -> Tensor:
    """The columns of `best_first` in any order."""
    kept = min(kept, score.shape[1])
    values, best = score.topk(kept)
    # Of equal scores at the edge, topk takes any.
    tied = ((score >= values[:, -1:]).sum(dim=1) > kept).nonzero()[:, 0]
    best[tied] = score[tied].sort(dim=1, descending=True, stable=True).indices[:, :kept]
    return best


def _retrieve(model: RetrievalModel, spans: Tensor, score: Tensor, position: Tensor, video: Tensor) -> Retrieved:
    """What is retrieved where the videos (Q, K) are chosen, moved to the CPU."""
    position = position.gather(1, video).flatten()
    moment, span = model.localize(spans[video.flatten()], position)
    places = (shares.view(*video.shape, 2).cpu() for shares in (span, model.place(position)))
    return Retrieved(video.cpu(), score.gather(1, video).cpu(), moment.view_as(video).cpu(), *places)


def _videos(corpus: Corpus, rows: Tensor, device: torch.device) -> Videos:
    """The videos of `rows` (B,), padded to the longest of them, on the device."""
    videos = corpus.videos.take(rows, int(corpus.videos.count[rows].max()))
    return Videos(*(field.to(device) for field in videos))


def _blocks(count: int, size: int) -> list[slice]:
    return [slice(start, start + size) for start in range(0, count, size)]


def _stack(parts: list[NamedTuple]) -> NamedTuple:
    """Named tuples of tensors joined along the first axis."""
    return type(parts[0])(*(torch.cat(fields) for fields in zip(*parts, strict=True)))
