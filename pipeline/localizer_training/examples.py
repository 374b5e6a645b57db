"""The examples that a localizer learns from: a query, its moment, its true video and negative videos.

Order and negatives of an epoch depend on (seed, epoch) alone, so that training which is resumed sees the same batches
as training that was never stopped.
Test: tests/localizer_training/test_examples.py.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.core.learning import NO_TRAINING_SPAN, WITHOUT_SPANS
from pipeline.core.runtime import fast_cpu
from pipeline.corpus.annotated import NO_CLIP, PAST_THE_LAST_CLIP, clips_of_queries
from pipeline.corpus.clip_times import Rule
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.videos import SameMemory, VideoRows, Videos, new_rows
from pipeline.training.batches import derived_seed, home_of


class Batch(NamedTuple):
    """B queries with 1 + n videos each.

    query: (B, T, D_q) tokens. mask: (B, T) bool, true at tokens. videos: B (1 + n) of them, those of the first query
    first: its true video, then its n negative ones. moment: (B, 2) int64, first and last clip in the true video.
    """

    query: Tensor
    mask: Tensor
    videos: Videos
    moment: Tensor


class Examples:
    """The training queries of a corpus whose moments are known, with the negative videos to draw from.

    corpus: the training split, in the form that the localizer reads. negatives: (Q, M) int64, positions of videos in
    the corpus. batch: how many queries a batch has. drawn: how many of its negatives each query meets in an epoch, at
    most M. rule: how seconds become clips; see ClipTimes.clips_of.

    `without_span` and `past_the_end` count the queries that are left out: those whose span is not known, and those
    whose moment starts after the last clip that is read of the video. Raises PipelineError where no query is left.
    """

    def __init__(self, corpus: Corpus, negatives: Tensor, batch: int, drawn: int, rule: Rule, device: torch.device):
        self._moment = clips_of_queries(corpus, corpus.labels, rule)
        first = self._moment[:, 0]
        self.without_span, self.past_the_end = (int((first == why).sum()) for why in (NO_CLIP, PAST_THE_LAST_CLIP))
        self.query = (first >= 0).nonzero()[:, 0]
        if not len(self.query):
            raise PipelineError(NO_TRAINING_SPAN, where="outputs/manifest/queries.jsonl", fix=WITHOUT_SPANS)
        self._labels, self._negatives, self._device = corpus.labels, negatives, device
        self._batch, self._drawn = batch, min(drawn, negatives.shape[1])
        self._lengths = corpus.videos.counts
        features = (*corpus.videos, corpus.query, corpus.query_mask)
        self._home = home_of(features, device)
        *videos, self._tokens, self._mask = (tensor.to(self._home) for tensor in features)
        self._videos = VideoRows(*videos)
        self.steps = -(-len(self.query) // batch)
        self._select = SameMemory() if fast_cpu() else new_rows

    def epoch(self, seed: int, epoch: int) -> Iterator[Batch]:
        """Yield the batches of one epoch, on the device; a batch may be overwritten by the next one."""
        generator = torch.Generator().manual_seed(derived_seed(seed, "examples", epoch))
        order = self.query[torch.randperm(len(self.query), generator=generator)]
        for query in order.split(self._batch):
            lots = torch.rand(len(query), self._negatives.shape[1], generator=generator)
            drawn = self._negatives[query].gather(1, lots.topk(self._drawn, dim=1).indices)
            video = torch.cat([self._labels[query, None], drawn], dim=1).flatten()
            length, there = int(self._lengths[video].max()), query.to(self._home)
            videos = self._videos.take(video.to(self._home), length, self._select)
            yield Batch(
                self._select(self._tokens, there).to(self._device),
                self._select(self._mask, there).to(self._device),
                Videos(*(field.to(self._device) for field in videos)),
                self._moment[query].to(self._device),
            )
