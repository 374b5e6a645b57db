"""Rank a corpus for its queries, block by block: never more than a block of query-by-video-by-clip scores in memory.

Block sizes are constants, since the composition of a batch moves the last bits of a score.
Test: tests/evaluation/test_rank.py.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from pipeline.evaluation.retrieval import ranks
from pipeline.features.corpus import Corpus

VIDEO_BLOCK = 256
QUERY_BLOCK = 256
KEPT = 10


class Retrieved(NamedTuple):
    """Videos retrieved for queries: K a query, the best first.

    video (Q, K) int64 index into the corpus; score (Q, K); moment (Q, K) int64 index of the video's moment that holds
    the best-matching clip; span (Q, K, 2) its start and end as shares of the video, in [0, 1].
    """

    video: Tensor
    score: Tensor
    moment: Tensor
    span: Tensor


@dataclass(frozen=True)
class Ranking:
    """A corpus ranked for its queries, all tensors on the CPU.

    ranks: (Q,) of the own video; top: the first min(10, V) videos, equal scores in the order of their ids; own: the own
    video of each query, K = 1; moments: (V, H, 2) start and end of each video's moments, shares of the video.
    """

    ranks: Tensor
    top: Retrieved
    own: Retrieved
    moments: Tensor


@torch.inference_mode()
def rank_corpus(
    model: nn.Module,
    corpus: Corpus,
    device: torch.device,
    video_block: int = VIDEO_BLOCK,
    query_block: int = QUERY_BLOCK,
) -> Ranking:
    """Encode every video once and rank all of them for every query. Raises PipelineError for scores that are NaN."""
    model.eval()
    videos = _blocks(len(corpus.video), video_block)
    encoding = _stack([model.encode_video(corpus.video[block].to(device)) for block in videos])
    parts = []
    for block in _blocks(len(corpus.query), query_block):
        query = model.encode_query(corpus.query[block].to(device), corpus.query_mask[block].to(device))
        scores = [model.score(query, _take(encoding, columns)) for columns in videos]
        score = torch.cat([part.score for part in scores], dim=1)
        position = torch.cat([part.position for part in scores], dim=1)
        labels = corpus.labels[block].to(device)
        best = score.sort(dim=1, descending=True, stable=True).indices[:, :KEPT]
        parts.append(
            (
                ranks(score, labels).cpu(),
                _retrieve(model, encoding, score, position, best),
                _retrieve(model, encoding, score, position, labels[:, None]),
            )
        )
    own_ranks, top, own = zip(*parts, strict=True)
    return Ranking(torch.cat(own_ranks), _stack(top), _stack(own), moment_spans(encoding.spans).cpu())


def moment_spans(spans: Tensor) -> Tensor:
    """Centres and widths (..., 2) as starts and ends (..., 2), clipped to the video, [0, 1]."""
    centre, width = spans.unbind(-1)
    return torch.stack([centre - width / 2, centre + width / 2], dim=-1).clamp(0, 1)


def _retrieve(model: nn.Module, encoding: NamedTuple, score: Tensor, position: Tensor, video: Tensor) -> Retrieved:
    """What is retrieved where the videos (Q, K) are chosen, moved to the CPU."""
    moment, span = model.localize(encoding, video.flatten(), position.gather(1, video).flatten())
    return Retrieved(
        video.cpu(), score.gather(1, video).cpu(), moment.view_as(video).cpu(), span.view(*video.shape, 2).cpu()
    )


def _blocks(count: int, size: int) -> list[slice]:
    return [slice(start, start + size) for start in range(0, count, size)]


def _take(fields: NamedTuple, rows: slice) -> NamedTuple:
    """The same rows of every tensor of a named tuple."""
    return type(fields)(*(field[rows] for field in fields))


def _stack(parts: list[NamedTuple]) -> NamedTuple:
    """Named tuples of tensors joined along the first axis."""
    return type(parts[0])(*(torch.cat(fields) for fields in zip(*parts, strict=True)))
