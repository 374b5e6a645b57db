"""Finds the videos that a localizer must tell a query's true video from: those that the retriever ranks best.

The trained retriever ranks the training videos for the training queries, and the true video is left out.
Test: tests/localizer_training/test_negatives.py.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from pipeline.corpus.corpus import Corpus, CorpusVideos
from pipeline.models.common.interface import RetrievalModel
from pipeline.retrieval.index import Index
from pipeline.retrieval.search import QUERY_BLOCK, VIDEO_BLOCK, best_first, scores

VIDEOS_AT_ONCE = 8 * VIDEO_BLOCK
"""How many videos are in the index at a time: whole blocks, so that scores have the bits that a search gives them."""


@torch.no_grad()
def negatives(model: RetrievalModel, corpus: Corpus, count: int, device: torch.device) -> Tensor:
    """List for each query the best min(count, V - 1) videos that are not its own -> (Q, that many) int64.

    model: the retriever, on the device. corpus: the V videos and the queries, as the retriever reads them. The videos
    are positions in the corpus, the best first. The index of all videos is never in memory, only that of
    VIDEOS_AT_ONCE; what one part of the videos leaves of a query's list competes with the next part.
    """
    count = min(count, len(corpus.video_ids) - 1)
    encoded: list[Tensor] = []
    labels = corpus.labels.to(device).split(QUERY_BLOCK)
    videos = [torch.empty(len(own), 0, dtype=torch.int64, device=device) for own in labels]
    best = [torch.empty(len(own), 0, device=device) for own in labels]
    for first, part in _parts(corpus):
        index = Index.build(model, part, device)
        encoded = encoded or list(index.encode(corpus.query, corpus.query_mask))
        there = torch.arange(first, first + len(part.video_ids), device=device)
        for block, own in enumerate(labels):
            score = scores(model, index.vectors, encoded[block]).masked_fill(own[:, None] == there, -torch.inf)
            score = torch.cat([best[block], score], dim=1)
            kept = best_first(score, count)
            # Equal scores keep the order of the videos: those of earlier parts come first, in their order.
            videos[block] = torch.cat([videos[block], there.expand(len(own), -1)], dim=1).gather(1, kept)
            best[block] = score.gather(1, kept)
        del index  # before that of the next part is built
    return torch.cat(videos).cpu()


def _parts(corpus: CorpusVideos) -> Iterator[tuple[int, CorpusVideos]]:
    """Cut the videos into parts of VIDEOS_AT_ONCE; yields the position of each part's first video, and the part."""
    for first in range(0, len(corpus.video_ids), VIDEOS_AT_ONCE):
        rows = slice(first, first + VIDEOS_AT_ONCE)
        videos = corpus.videos
        yield (
            first,
            CorpusVideos(
                corpus.video_ids[rows],
                corpus.durations[rows],
                type(corpus.times)(*(axis[rows] for axis in corpus.times)),
                videos._replace(clips=videos.clips[rows], first=videos.first[rows], counts=videos.counts[rows]),
            ),
        )
