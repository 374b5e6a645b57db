"""Answers the queries of a split with a trained network, which encodes every video once.

Test: tests/localizers/test_network_localizer.py.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from pipeline.corpus.corpus import Corpus
from pipeline.corpus.videos import Videos
from pipeline.localizers.common.interface import Boundaries, Curve, Localizer, PairSpans, TrainedLocalizer

VIDEOS_AT_ONCE = 64
PAIRS_AT_ONCE = 256


class NetworkLocalizer(Localizer):
    """A localizer that is bound to a split: a network, and the corpus in the form that the network reads.

    The network is on `device`, in evaluation mode; its encodings of all videos stay there.
    """

    @torch.inference_mode()
    def __init__(self, network: TrainedLocalizer, corpus: Corpus, device: torch.device):
        self._network, self._corpus, self._device = network.eval(), corpus, device
        length = int(corpus.videos.counts.max())
        blocks = [
            network.encode_video(_moved(corpus.videos.take(rows, length), device))
            for rows in torch.arange(len(corpus.video_ids)).split(VIDEOS_AT_ONCE)
        ]
        self._videos = type(blocks[0])(*map(torch.cat, zip(*blocks, strict=True)))

    def spans(self, query: Tensor, video: Tensor) -> PairSpans:
        """See Localizer."""
        found = []
        for logits, pairs, mask in self._boundaries(query, video):
            clips, score = self._network.best_spans(logits, mask)
            times = self._corpus.times.spans[
                pairs[:, None], clips.clamp(max=self._corpus.times.spans.shape[1] - 1).movedim(-1, 0)
            ]
            found.append((torch.stack([times[0, ..., 0], times[1, ..., 1]], dim=-1), score))
        span, score = (torch.cat(fields) for fields in zip(*found, strict=True))
        return PairSpans(*(field.unflatten(0, tuple(video.shape)) for field in (span, score)))

    def joint(self, retrieval: Tensor, score: Tensor) -> Tensor:
        """See Localizer."""
        return self._network.joint(retrieval, score)

    def curves(self, query: Tensor, video: Tensor) -> list[Curve]:
        """See Localizer."""
        probability, times = self.probabilities(query, video), self._corpus.times.spans
        counts = self._corpus.videos.counts[video].tolist()
        pairs = zip(times[video, :, 1], *probability, counts, strict=True)
        return [Curve(ends[:count], start[:count], end[:count]) for ends, start, end, count in pairs]

    def probabilities(self, query: Tensor, video: Tensor) -> Boundaries:
        """Compute how probable it is that the moment starts, and ends, in each clip of one video a query.

        query, video: (B,) int64, positions in the corpus. Both probabilities are (B, L), 0 after a video's last clip.
        """
        found = [
            Boundaries(*(side.softmax(dim=-1) for side in logits))
            for logits, _, _ in self._boundaries(query, video[:, None])
        ]
        return Boundaries(*map(torch.cat, zip(*found, strict=True)))

    @torch.inference_mode()
    def _boundaries(self, query: Tensor, video: Tensor) -> Iterator[tuple[Boundaries, Tensor, Tensor]]:
        """Yield, for at most about PAIRS_AT_ONCE pairs at a time, the logits (P, L), videos (P,) and masks of clips.

        All are on the CPU. query: (B,), video: (B, K); the pairs of the first query come first.
        """
        queries = max(1, PAIRS_AT_ONCE // video.shape[1])
        for part, of_part in zip(query.split(queries), video.split(queries), strict=True):
            tokens, mask = self._corpus.query[part], self._corpus.query_mask[part]
            encoded = self._network.encode_query(tokens.to(self._device), mask.to(self._device))
            pairs = of_part.flatten()
            logits = self._network.boundaries(encoded, self._rows(pairs.to(self._device)))
            clips = torch.arange(logits.start.shape[1]) < self._corpus.videos.counts[pairs, None]
            yield Boundaries(*(side.float().cpu() for side in logits)), pairs, clips

    def _rows(self, video: Tensor) -> Any:
        return type(self._videos)(*(field[video] for field in self._videos))


def _moved(videos: Videos, device: torch.device) -> Videos:
    return Videos(*(field.to(device) for field in videos))
