"""Canonical correlation analysis: two linear maps, solved and not trained, that every other model must beat.

A query is the mean of its tokens, a video its clips. Both are mapped to the directions in which a query correlates most
with its own video (Hotelling 1936), each direction weighted by that correlation (Gong et al., IJCV 2014); the score is
the cosine with the best clip. Tests: tests/models/test_cca.py, test_interface.py.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.errors import PipelineError
from pipeline.features.videos import Videos
from pipeline.models.interface import RetrievalModel, Scores, similarities
from pipeline.sections import CCARecipe

BLOCK = 4096  # pairs at once, where they are summed in float64


class VideoEncoding(NamedTuple):
    """B encoded videos: clips (B, N, d)."""

    clips: Tensor


class VideoIndex(NamedTuple):
    """B videos ready for queries: clips (B, N, d) of length 1; spans (B, 0, 2)."""

    clips: Tensor
    spans: Tensor


class CCA(RetrievalModel):
    """d = `dimensions`, or the smaller of the two feature sizes where that is less; max_query_tokens is not used."""

    def __init__(self, video_size: int, query_size: int, recipe: CCARecipe, max_query_tokens: int = 30):
        super().__init__(video_size, recipe)
        size = min(recipe.dimensions, video_size, query_size)
        self.video_map, self.query_map = nn.Linear(video_size, size), nn.Linear(query_size, size)

    def encode_video(self, videos: Videos) -> VideoEncoding:
        """See RetrievalModel."""
        return VideoEncoding(self.video_map(self.standardize(videos.clips)))

    def encode_query(self, query: Tensor, mask: Tensor) -> Tensor:
        """See RetrievalModel."""
        return self.query_map(_mean(query, mask))

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
        """Set both maps from clips (V, N, D_v) and queries (Q, T, D_q) with mask (Q, T) and their videos, labels (Q,).

        A query is paired with the mean of its video's clips, or, where `refit`, with the clip that the maps so far take
        for the best. Returns the mean correlation over the directions.
        """
        device = self.video_map.weight.device
        pairs = Covariance(self.video_map.in_features, self.query_map.in_features, device)
        for block in torch.arange(len(labels)).split(BLOCK):
            words = _mean(query[block].to(device), mask[block].to(device))
            own = self.standardize(clips[labels[block]].to(device))
            pairs.add(self._best(own, words) if refit else own.mean(dim=1), words)
        size = len(self.video_map.weight)
        directions = pairs.directions(self.recipe.ridge)
        weight = directions.correlation[:size] ** self.recipe.correlation_power
        for linear, directions_of, mean in (
            (self.video_map, directions.video, pairs.mean[: pairs.video_size]),
            (self.query_map, directions.query, pairs.mean[pairs.video_size :]),
        ):
            matrix = (directions_of[:, :size] * weight).T
            linear.weight.copy_(matrix)
            linear.bias.copy_(-matrix @ mean)
        return directions.correlation[:size].mean().item()

    def _best(self, clips: Tensor, words: Tensor) -> Tensor:
        """Of the clips (Q, N, D_v) of each query's own video, the one nearest to its words (Q, D_q) -> (Q, D_v)."""
        mapped, query = F.normalize(self.video_map(clips), dim=-1), F.normalize(self.query_map(words), dim=-1)
        best = (mapped @ query[:, :, None])[:, :, 0].argmax(dim=1)
        return clips[torch.arange(len(clips), device=clips.device), best]


class Directions(NamedTuple):
    """video (D_v, K), query (D_q, K), one direction a column; correlation (K,), falling; K = min(D_v, D_q)."""

    video: Tensor
    query: Tensor
    correlation: Tensor


class Covariance:
    """Means and covariances of pairs of a video vector and a query vector, summed block by block in float64."""

    def __init__(self, video_size: int, query_size: int, device: torch.device):
        size = video_size + query_size
        self.video_size = video_size
        self._count = 0
        self._sum = torch.zeros(size, dtype=torch.float64, device=device)
        self._products = torch.zeros(size, size, dtype=torch.float64, device=device)

    def add(self, video: Tensor, query: Tensor) -> None:
        """Pairs of rows (B, D_v) and (B, D_q)."""
        rows = torch.cat([video, query], dim=1).double()
        self._count += len(rows)
        self._sum += rows.sum(dim=0)
        self._products += rows.T @ rows

    @property
    def mean(self) -> Tensor:
        """(D_v + D_q,)."""
        return self._sum / self._count

    def directions(self, ridge: float) -> Directions:
        """Where video and query correlate most; ridge: added to the variances, a multiple of their mean.

        Raises PipelineError where the ridge is too small for features that depend on each other.
        """
        covariance = self._products / self._count - self.mean[:, None] * self.mean
        split = self.video_size
        video, query = _root(covariance[:split, :split], ridge), _root(covariance[split:, split:], ridge)
        # Any root whitens; triangular ones take seconds where eigenvectors of thousands of features take minutes.
        half = torch.linalg.solve_triangular(video, covariance[:split, split:], upper=False)
        whitened = torch.linalg.solve_triangular(query, half.T, upper=False).T
        left, correlation, right = torch.linalg.svd(whitened, full_matrices=False)
        return Directions(
            torch.linalg.solve_triangular(video.T, left, upper=True),
            torch.linalg.solve_triangular(query.T, right.T, upper=True),
            correlation,
        )


def _root(covariance: Tensor, ridge: float) -> Tensor:
    """The lower triangular L (D, D) with L L^T = covariance and ridge."""
    diagonal = ridge * covariance.diagonal().mean() * torch.eye(len(covariance)).to(covariance)
    root, failed = torch.linalg.cholesky_ex(covariance + diagonal)
    if failed:
        raise PipelineError(
            "CCA finds no inverse of the features' covariance",
            where="params.yaml",
            fix="raise the recipe's `ridge`; where all features are equal, no ridge helps",
        )
    return root


def _mean(query: Tensor, mask: Tensor) -> Tensor:
    """The mean of each query's tokens, (Q, T, D) with mask (Q, T) -> (Q, D)."""
    weight = mask[..., None].to(query.dtype)
    return (query * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)
