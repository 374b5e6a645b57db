"""Finds the directions in which queries correlate most with their videos: canonical correlation analysis.

The method is Hotelling's (1936); each direction is weighted by a power of its correlation, as in Gong et al. (IJCV
2014). Two linear maps, one for videos and one for queries, compute the directions.
Test: tests/models/test_cca.py.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.errors import PipelineError

BLOCK = 4096  # pairs at once

ROUNDS, RIDGE, CORRELATION_POWER = 3, 0.3, 2.0
"""How the directions are computed where no recipe says so: how often `solve` is called, the first time without `refit`,
and its `ridge` and `correlation_power`. They were best on the validation videos of a pack of 900 real training videos.
"""


@torch.no_grad()
def solve(
    video_map: nn.Linear,
    query_map: nn.Linear,
    pairs: Iterable[tuple[Tensor, Tensor]],
    ridge: float,
    correlation_power: float,
    refit: bool,
) -> float:
    """Set the weights of both maps so that their d outputs are the d directions that correlate most.

    pairs: blocks of B videos and as many queries about them, as clips (B, N, D_v) and words (B, D_q). A query is paired
    with the mean of the clips, or, where `refit` is true, with the clip that is best by the maps as they are before.
    ridge: see `Covariance.directions`. correlation_power: each direction is multiplied by its correlation to this
    power. Returns the mean correlation over the directions. Raises PipelineError where the ridge is too small.
    """
    covariance = Covariance(video_map.in_features, query_map.in_features, video_map.weight.device)
    for clips, words in pairs:
        covariance.add(_best(video_map(clips), query_map(words), clips) if refit else clips.mean(dim=1), words)
    size, mean = len(video_map.weight), covariance.mean.split([video_map.in_features, query_map.in_features])
    directions = covariance.directions(ridge)
    correlation = directions.correlation[:size]
    for linear, columns, centre in zip((video_map, query_map), (directions.video, directions.query), mean, strict=True):
        matrix = (columns[:, :size] * correlation**correlation_power).T
        linear.weight.zero_()[: len(matrix)] = matrix
        linear.bias.zero_()[: len(matrix)] = -matrix @ centre
    return correlation.sum().item() / size


def pairs_of(
    clips_of: Callable[[Tensor], Tensor],
    query: Tensor,
    mask: Tensor,
    labels: Tensor,
    see_clips: Callable[[Tensor], Tensor],
    see_tokens: Callable[[Tensor], Tensor],
    device: torch.device,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the pairs that `solve` takes, block by block on the device, from clips and queries (Q, T, D_q).

    clips_of: returns the clips (B, N, D_v) of the videos (B,) int64. mask: (Q, T) bool, false at padding. labels: (Q,)
    int64, the video of each query. see_clips, see_tokens: applied to clips and to tokens first, what a model does with
    them before the maps.
    """
    for block in torch.arange(len(labels)).split(BLOCK):
        words = mean_token(see_tokens(query[block].to(device)), mask[block].to(device))
        yield see_clips(clips_of(labels[block]).to(device)), words


def mean_token(query: Tensor, mask: Tensor) -> Tensor:
    """Average the tokens (Q, T, D) of each query -> (Q, D); mask: (Q, T) bool, false at padding."""
    weight = mask[..., None].to(query.dtype)
    return (query * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)


def _best(mapped: Tensor, words: Tensor, clips: Tensor) -> Tensor:
    """Choose of each video's clips (B, N, D_v) the one nearest to the words -> (B, D_v).

    mapped: (B, N, d) the clips in the common space; words: (B, d) in the common space.
    """
    best = (F.normalize(mapped, dim=-1) @ F.normalize(words, dim=-1)[:, :, None])[:, :, 0].argmax(dim=1)
    return clips[torch.arange(len(clips), device=clips.device), best]


class Directions(NamedTuple):
    """K directions, at most min(D_v, D_q), the one that correlates most first.

    video: (D_v, K), query: (D_q, K), one direction a column. correlation: (K,) of each direction.
    """

    video: Tensor
    query: Tensor
    correlation: Tensor


class Covariance:
    """Sums up means and covariances of pairs of a video vector and a query vector, block by block in float64.

    Few pairs, at most a quarter of D_v, are kept instead: what correlates with a query is in the span of their video
    vectors, where covariances are smaller. 400 pairs of 4,352 and 768 features take 0.15 instead of 1.8 s, but for more
    than half as many pairs as features the span takes longer to find than it saves.
    """

    def __init__(self, video_size: int, query_size: int, device: torch.device):
        size = video_size + query_size
        self._sizes = video_size, query_size
        self._count = 0
        self._sum = torch.zeros(size, dtype=torch.float64, device=device)
        self._few: list[Tensor] = []
        self._products: Tensor | None = None

    def add(self, video: Tensor, query: Tensor) -> None:
        """Add B pairs of a video vector and a query vector, (B, D_v) and (B, D_q)."""
        rows = torch.cat([video, query], dim=1).double()
        self._count += len(rows)
        self._sum += rows.sum(dim=0)
        self._few.append(rows)
        if self._count <= self._sizes[0] // 4:
            return
        if self._products is None:
            self._products = torch.zeros(rows.shape[1], rows.shape[1], dtype=torch.float64, device=rows.device)
        for rows in self._few:
            self._products += rows.T @ rows
        self._few.clear()

    @property
    def mean(self) -> Tensor:
        """The mean of both vectors of the pairs, one after the other: (D_v + D_q,)."""
        return self._sum / self._count

    def directions(self, ridge: float) -> Directions:
        """Compute the directions in which videos and queries correlate most.

        Of few pairs, the directions that correlate with nothing may be left out: K is at most their number. ridge: this
        multiple of the mean variance is added to the variances. Raises PipelineError where it is too small for features
        that depend on each other.
        """
        if self._products is None:
            video, query = (torch.cat(self._few) - self.mean).split(self._sizes, dim=1)
            span, triangle = torch.linalg.qr(video.T)
            rows = torch.cat([triangle.T, query], dim=1)
            found = _directions(rows.T @ rows / self._count, len(triangle), self._sizes, ridge)
            return found._replace(video=span @ found.video)
        covariance = self._products / self._count - self.mean[:, None] * self.mean
        return _directions(covariance, self._sizes[0], self._sizes, ridge)


def _directions(covariance: Tensor, split: int, sizes: tuple[int, int], ridge: float) -> Directions:
    """Compute the directions from the covariance of the first `split` coordinates and the others.

    sizes: over how many features the variance of each part is averaged.
    """
    video, query = (
        _root(part, ridge * part.trace() / size)
        for part, size in zip((covariance[:split, :split], covariance[split:, split:]), sizes, strict=True)
    )
    # Any root whitens; triangular ones take seconds where eigenvectors of thousands of features take minutes.
    half = torch.linalg.solve_triangular(video, covariance[:split, split:], upper=False)
    whitened = torch.linalg.solve_triangular(query, half.T, upper=False).T
    left, correlation, right = torch.linalg.svd(whitened, full_matrices=False)
    return Directions(
        torch.linalg.solve_triangular(video.T, left, upper=True),
        torch.linalg.solve_triangular(query.T, right.T, upper=True),
        correlation,
    )


def _root(covariance: Tensor, added: Tensor) -> Tensor:
    """Factor the covariance, with a number added to its diagonal, as L L^T; returns L (D, D), lower triangular."""
    root, failed = torch.linalg.cholesky_ex(covariance + added * torch.eye(len(covariance)).to(covariance))
    if failed:
        raise PipelineError(
            "CCA finds no inverse of the features' covariance",
            where="params.yaml",
            fix="raise the recipe's `ridge`, or set `start: random`; where all features are equal, no ridge helps",
        )
    return root
