"""CCA, canonical correlation analysis: the linear baseline that every other model must beat.

A query is the mean of its tokens, and a video is its clips. Two linear maps, which are solved and not trained, take
both to the directions in which queries correlate most with their own videos, each direction weighted by a power of that
correlation (models/common/correlation.py). The score is the cosine with the best clip.
 Tests: tests/models/test_cca.py, test_interface.py.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.corpus.videos import Videos
from pipeline.models.cca.recipe import CCARecipe
from pipeline.models.common.correlation import mean_token, pairs_of, solve
from pipeline.models.common.interface import Scores, SolvedModel, similarities


class VideoEncoding(NamedTuple):
    """B encoded videos: clips (B, N, d)."""

    clips: Tensor


class VideoIndex(NamedTuple):
    """B videos ready for queries: clips (B, N, d), each of length 1, and spans (B, 0, 2); see RetrievalModel."""

    clips: Tensor
    spans: Tensor


class CCA(SolvedModel):
    """CCA with d = `dimensions`, or d = the smaller of the two feature sizes where that is less.

    max_query_tokens is not used: a query is the mean of its tokens.
    """

    recipe: CCARecipe

    def __init__(self, video_size: int, query_size: int, recipe: CCARecipe, max_query_tokens: int = 30):
        super().__init__(video_size, recipe)
        size = min(recipe.dimensions, video_size, query_size)
        self.video_map, self.query_map = nn.Linear(video_size, size), nn.Linear(query_size, size)

    def encode_video(self, videos: Videos) -> VideoEncoding:
        """See RetrievalModel."""
        return VideoEncoding(self.video_map(self.standardize(videos.clips)))

    def encode_query(self, query: Tensor, mask: Tensor) -> Tensor:
        """See RetrievalModel."""
        return self.query_map(mean_token(query, mask))

    def index(self, encoding: VideoEncoding) -> VideoIndex:
        """See RetrievalModel."""
        clips = F.normalize(encoding.clips, dim=-1)
        return VideoIndex(clips, clips.new_empty(len(clips), 0, 2))

    def score(self, query: Tensor, index: VideoIndex) -> Scores:
        """See RetrievalModel."""
        similarity = similarities(F.normalize(query, dim=-1), index.clips)
        return Scores(similarity.amax(dim=-1), similarity)

    @torch.no_grad()
    def solve(self, clips: Tensor, query: Tensor, mask: Tensor, labels: Tensor, refit: bool) -> float:
        """See SolvedModel. Returns the mean correlation over the directions.

        A query is paired with the mean of its video's clips, or, where `refit` is true, with the clip that is best by
        the maps as they are before.
        """
        recipe, device = self.recipe, self.video_map.weight.device
        pairs = pairs_of(clips.__getitem__, query, mask, labels, self.standardize, nn.Identity(), device)
        return solve(self.video_map, self.query_map, pairs, recipe.ridge, recipe.correlation_power, refit)
