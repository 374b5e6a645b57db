"""Makes training batches: some videos with all their queries, gathered from tensors that stay in place.

The order of the videos in an epoch depends on (seed, epoch) alone, so that training which is resumed sees the same
batches as training that was never stopped.
Test: tests/training/test_batches.py.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.core.files import canonical_json, sha256_text
from pipeline.core.runtime import fast_cpu
from pipeline.corpus.annotated import clips_of_queries
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.videos import SameMemory, VideoRows, Videos, new_rows

RESIDENT_SHARE = 0.5  # of the free device memory that the features may take; the model works in the rest


class Batch(NamedTuple):
    """A batch of B videos and their Q queries.

    query: (Q, T, D_q) token features. query_mask: (Q, T) bool, true at tokens. labels: (Q,) int64, the row of each
    query's video in the batch. moment: (Q, 2) int64, the first and the last clip of each query's annotated span,
    negative where none is known or its clips are not read; see `clips_of_queries`.
    """

    videos: Videos
    query: Tensor
    query_mask: Tensor
    labels: Tensor
    moment: Tensor


def derived_seed(*parts: int | str) -> int:
    """Derive a seed from all parts, which are (seed, purpose) or (seed, purpose, epoch)."""
    return int(sha256_text(canonical_json(parts))[:15], 16)


def derange(labels: Tensor, seed: int) -> Tensor:
    """Change labels (Q,) so that every query belongs to another video, for the control run, which must learn nothing.

    The videos that have queries, at least two, are put in a circle in an order drawn from the seed, and each hands its
    queries on to the next.
    """
    videos = labels.unique()
    circle = videos[torch.randperm(len(videos), generator=torch.Generator().manual_seed(seed))]
    successor = torch.empty(int(videos.max()) + 1, dtype=torch.int64)
    successor[circle] = circle.roll(-1)
    return successor[labels]


class Batches:
    """The batches of a corpus, `batch_videos` videos each, in an order that is new in every epoch.

    labels: (Q,) int64, the video of each query; videos without queries are not trained on. A last batch of one video is
    dropped, because that has nothing to be compared with. steps: the number of batches in an epoch. Raises
    PipelineError where not even one batch of two videos is left.
    """

    def __init__(self, corpus: Corpus, labels: Tensor, batch_videos: int, device: torch.device):
        counts = labels.bincount(minlength=len(corpus.video_ids))
        self._queries_of = labels.argsort(stable=True).split(counts.tolist())
        self._videos = counts.nonzero()[:, 0]
        self._batch_videos, self._device = batch_videos, device
        self.steps = len(self._cut(self._videos))
        if not self.steps:
            raise PipelineError(
                f"no batch of two videos: {len(self._videos)} training videos with queries, batches of {batch_videos}",
                fix="train on more videos, or raise the recipe's batch_videos",
            )
        self._frames = corpus.videos.counts
        features = (*corpus.videos, corpus.query, corpus.query_mask, clips_of_queries(corpus, labels, "floor_ceil"))
        self._home = home_of(features, device)
        *videos, self._query, self._query_mask, self._moment = (tensor.to(self._home) for tensor in features)
        self._rows, self._select = VideoRows(*videos), SameMemory() if fast_cpu() else new_rows

    def epoch(self, seed: int, epoch: int) -> Iterator[Batch]:
        """Yield the batches of one epoch, on the device; a batch may be overwritten by the next one."""
        generator = torch.Generator().manual_seed(derived_seed(seed, "order", epoch))
        parts = self._cut(self._videos[torch.randperm(len(self._videos), generator=generator)])
        queries = [[self._queries_of[video] for video in part.tolist()] for part in parts]
        labels = [
            torch.arange(len(part)).repeat_interleave(torch.tensor([len(of_video) for of_video in of_part]))
            for part, of_part in zip(parts, queries, strict=True)
        ]
        # All indices of the epoch go to the device at once: a step waits for no copy.
        rows = self._moved([torch.cat(of_part) for of_part in queries], self._home)
        lengths = [int(self._frames[part].max()) for part in parts]
        for video, length, query, label in zip(
            self._moved(parts, self._home), lengths, rows, self._moved(labels, self._device), strict=True
        ):
            yield Batch(
                Videos(*(field.to(self._device) for field in self._rows.take(video, length, self._select))),
                self._select(self._query, query).to(self._device),
                self._select(self._query_mask, query).to(self._device),
                label,
                self._select(self._moment, query).to(self._device),
            )

    def _cut(self, videos: Tensor) -> list[Tensor]:
        return [part for part in videos.split(self._batch_videos) if len(part) > 1]

    @staticmethod
    def _moved(parts: list[Tensor], device: torch.device) -> tuple[Tensor, ...]:
        return torch.cat(parts).to(device).split([len(part) for part in parts])


def home_of(features: Iterable[Tensor], device: torch.device) -> torch.device:
    """Decide where features stay from which batches are gathered: on the GPU where they fit, else on the CPU."""
    if device.type != "cuda":
        return device
    free, _ = torch.cuda.mem_get_info(device)
    fits = sum(tensor.nbytes for tensor in features) <= RESIDENT_SHARE * free
    return device if fits else torch.device("cpu")
