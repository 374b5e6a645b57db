"""Answers queries with a trained network, for videos that it has encoded.

Test: tests/localizers/test_network_localizer.py.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from pipeline.corpus.corpus import Corpus
from pipeline.localizers.common.encoded import EncodedVideos
from pipeline.localizers.common.interface import Boundaries, Curve, Localizer, PairSpans, TrainedLocalizer

PAIRS_AT_ONCE = 256


class NetworkLocalizer(Localizer):
    """A localizer that is bound to a network, to the videos that it encoded, and to queries.

    The network is in evaluation mode, on the device of the videos. query: (Q, T, D_q) tokens in the form that the
    network reads; mask: (Q, T) bool, false at padding.
    """

    def __init__(self, network: TrainedLocalizer, videos: EncodedVideos, query: Tensor, mask: Tensor):
        self._network, self._videos, self._query, self._mask = network, videos, query, mask

    @classmethod
    def of_split(cls, network: TrainedLocalizer, corpus: Corpus, device: torch.device) -> "NetworkLocalizer":
        """Encode the videos of a split, and bind the network, which is on the device, to them and to its queries."""
        videos = EncodedVideos.build(network.eval(), [corpus], int(corpus.videos.counts.max()), device)
        return cls(network, videos, corpus.query, corpus.query_mask)

    def spans(self, query: Tensor, video: Tensor) -> PairSpans:
        """See Localizer."""
        found = []
        for logits, pairs, mask in self._boundaries(query, video):
            clips, score = self._network.best_spans(logits, mask)
            of_clips = self._videos.times.spans
            times = of_clips[pairs[:, None], clips.clamp(max=of_clips.shape[1] - 1).movedim(-1, 0)]
            found.append((torch.stack([times[0, ..., 0], times[1, ..., 1]], dim=-1), score))
        span, score = (torch.cat(fields) for fields in zip(*found, strict=True))
        return PairSpans(*(field.unflatten(0, tuple(video.shape)) for field in (span, score)))

    def joint(self, retrieval: Tensor, score: Tensor) -> Tensor:
        """See Localizer."""
        return self._network.joint(retrieval, score)

    def curves(self, query: Tensor, video: Tensor) -> list[Curve]:
        """See Localizer."""
        probability, times = self.probabilities(query, video), self._videos.times.spans
        counts = self._videos.counts[video].tolist()
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
        queries, device = max(1, PAIRS_AT_ONCE // video.shape[1]), self._videos.vectors[0].device
        for part, of_part in zip(query.split(queries), video.split(queries), strict=True):
            encoded = self._network.encode_query(self._query[part].to(device), self._mask[part].to(device))
            pairs = of_part.flatten()
            logits = self._network.boundaries(encoded, self._videos.rows(pairs))
            clips = torch.arange(logits.start.shape[1]) < self._videos.counts[pairs, None]
            yield Boundaries(*(side.float().cpu() for side in logits)), pairs, clips
