"""`moments`: the spans that a retriever finds by itself, though it never saw an annotated span.

They are the candidates of its model, or windows around the clips, whichever kind of answer was chosen. The first span
in a video is the retriever's answer there. Test: tests/localizers/test_moments_localizer.py.
"""

import torch
from torch import Tensor

from pipeline.localizers.common.interface import Localizer, PairSpans, Situation
from pipeline.localizers.moments.recipe import MomentsRecipe
from pipeline.localizers.moments.windows import windows
from pipeline.retrieval.search import LOCALIZED_AT_ONCE


class MomentsLocalizer(Localizer):
    """Answers for the pairs of a query and a video that were retrieved, and for no others."""

    def __init__(self, situation: Situation, recipe: MomentsRecipe):
        self.situation, self.recipe = situation, recipe
        self.query = torch.cat(list(situation.index.encode(situation.query, situation.mask)))
        queries = torch.arange(len(situation.query))[:, None]
        pair = torch.cat([self._pair(queries, found.video).flatten() for found in situation.retrieved])
        position = torch.cat([found.position.flatten() for found in situation.retrieved])
        self.pair, order = pair.sort(stable=True)
        self.position = position[order]

    @torch.inference_mode()
    def spans(self, query: Tensor, video: Tensor) -> PairSpans:
        """See Localizer. Raises ValueError for a pair that was not retrieved."""
        queries, videos = query[:, None].expand_as(video).flatten(), video.flatten()
        position = self._positions(queries, videos)
        parts = []
        for pairs in torch.arange(len(videos)).split(LOCALIZED_AT_ONCE):
            found = self._candidates(queries[pairs], videos[pairs], position[pairs])
            parts.append([field[:, : self.recipe.before_nms] for field in found])
        span, score = (torch.cat(fields) for fields in zip(*parts, strict=True))
        return PairSpans(span.unflatten(0, video.shape), score.unflatten(0, video.shape))

    def joint(self, retrieval: Tensor, score: Tensor) -> Tensor:
        """See Localizer. The best span of a video has the video's score, the others are as much below as in the video.

        So the first spans of the videos come in the order of the videos. A weight of what a span is below the best one
        was tried, from a third to three, without a gain.
        """
        return retrieval[..., None] + (score - score[..., :1])

    def _candidates(self, query: Tensor, video: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        """Find the candidates of K pairs: seconds (K, P, 2) and scores (K, P), the best first, on the CPU."""
        index, width = self.situation.index, self.situation.window
        asked = self.query[query], index.vectors, video.to(self.query.device), position.to(self.query.device)
        if width is not None:
            return windows(index.model, *asked, index.times, index.durations[video], width)
        shares, score = (field.cpu() for field in index.model.candidates(*asked))
        of_pairs = video.repeat_interleave(shares.shape[1])
        in_seconds = index.times.of_shares if index.vectors.spans.shape[1] else index.times.of_stretches
        return in_seconds(of_pairs, shares.flatten(0, 1)).view_as(shares), score

    def _positions(self, query: Tensor, video: Tensor) -> Tensor:
        """Look up the retriever's place in the videos of K pairs."""
        pair = self._pair(query, video)
        place = torch.searchsorted(self.pair, pair).clamp(max=len(self.pair) - 1)
        if not torch.equal(self.pair[place], pair):
            raise ValueError("a pair of a query and a video was not retrieved")
        return self.position[place]

    def _pair(self, query: Tensor, video: Tensor) -> Tensor:
        return query * len(self.situation.index.video_ids) + video
